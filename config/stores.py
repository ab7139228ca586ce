"""Where data lives: each URL switches one part from the embedded default to a real server."""

from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import environ

Settings = dict[str, Any]


def databases(*, sql_url: str, archive_url: str, data_dir: Path) -> dict[str, Settings]:
    """Return DATABASES: the record in SQL, and the archive of events where there is one."""
    found = {"default": _postgresql(sql_url) if sql_url.startswith("postgres") else _sqlite(sql_url, data_dir)}
    if archive_url:
        found["activity"] = _mongodb(archive_url)
    return found


def _sqlite(url: str, data_dir: Path) -> Settings:
    if not url:
        data_dir.mkdir(parents=True, exist_ok=True)
    name = environ.Env.db_url_config(url)["NAME"] if url else data_dir / "db.sqlite3"
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": name,
        "CONN_MAX_AGE": None,
        "OPTIONS": {
            # A transaction takes the write lock when it begins: two writers queue for up to
            # five seconds instead of failing half-way.
            "transaction_mode": "IMMEDIATE",
            "timeout": 5,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA cache_size=-16000",
        },
    }


def _postgresql(url: str) -> Settings:
    found = environ.Env.db_url_config(url)
    options = {"server_side_binding": True, "prepare_threshold": 1, "connect_timeout": 3}
    return found | {
        "ENGINE": "django.db.backends.postgresql",
        "CONN_MAX_AGE": None,
        # What the address says counts: ?sslmode=verify-full, or ?prepare_threshold=5.
        "OPTIONS": options | found.get("OPTIONS", {}),
    }


def _mongodb(url: str) -> Settings:
    return {
        "ENGINE": "django_mongodb_backend",
        "HOST": url,
        "NAME": urlsplit(url).path.strip("/") or "simple_todos",
        "OPTIONS": {
            "serverSelectionTimeoutMS": 500,  # no deadline of ours shortens it: pages answer within a second
            "connectTimeoutMS": 1000,
            "timeoutMS": 20_000,  # of any one call; readers wait less (activity.archive)
            "w": "majority",
            "journal": True,
            "readConcernLevel": "majority",  # what a fail-over could take back again does not count as there
            "tz_aware": False,
        },
    }


def caches(*, redis_url: str) -> dict[str, Settings]:
    """Return CACHES: what may be forgotten, the state of tokens, which may not, and the counters of limits."""
    if redis_url:
        names = {"default": "cache", "tokens": "tokens", "limits": "limits"}
        return {name: _redis(redis_url, prefix) for name, prefix in names.items()}
    # A counter that is a row would cost each request a write.
    limits = {
        "BACKEND": "config.local_cache.LocalCache",
        "LOCATION": "limits",
        "OPTIONS": {"MAX_ENTRIES": 100_000},
    }
    return {"default": _table("cache"), "tokens": _table("token_state"), "limits": limits}


def _table(name: str) -> Settings:
    return {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": name,
        # Django culls at 300 rows by default, which would sign people out at random.
        "OPTIONS": {"MAX_ENTRIES": 1_000_000_000},
    }


def _redis(url: str, prefix: str) -> Settings:
    from redis.backoff import NoBackoff
    from redis.retry import Retry

    return {
        # Both caches keep to the one database of REDIS_URL, told apart by their prefix: the next
        # number may be another product's, or not exist (16 by default, 1 where it is hosted).
        "BACKEND": "config.redis_cache.SharedRedisCache",
        "LOCATION": [url],  # as text it would be split at commas, which a password may have
        "KEY_PREFIX": f"simple-todos:{prefix}",
        "OPTIONS": {
            "SERIALIZER": "django_redis.serializers.json.JSONSerializer",
            "SOCKET_CONNECT_TIMEOUT": 0.5,
            "SOCKET_TIMEOUT": 0.5,
            # Tried once: each retry would add its time-out, and the client is told when to retry.
            "CONNECTION_POOL_KWARGS": {"retry": Retry(NoBackoff(), 0)},
            "IGNORE_EXCEPTIONS": False,
        },
    }


def files(*, bucket_url: str, data_dir: Path) -> Settings:
    """Return the storage of what people send: a folder of `data_dir`, or a bucket. Neither has addresses of its own."""
    if not bucket_url:
        options = {"location": data_dir, "file_permissions_mode": 0o600, "directory_permissions_mode": 0o700}
        return {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": options}
    parts = urlsplit(bucket_url)
    query = dict(parse_qsl(parts.query))
    return {
        "BACKEND": "storages.backends.s3.S3Storage",
        "OPTIONS": {
            "access_key": unquote(parts.username or ""),
            "secret_key": unquote(parts.password or ""),
            "bucket_name": parts.hostname,
            "location": parts.path.strip("/"),
            "region_name": query["region"],
            "endpoint_url": query.get("endpoint"),
            "addressing_style": "path" if "endpoint" in query else "virtual",
            "default_acl": None,  # the bucket's own: private
            "file_overwrite": False,
            "signature_version": "s3v4",
        },
    }


def email(url: str) -> Settings:
    """Return Django's EMAIL_* settings for a mail URL."""
    found = environ.Env.email_url_config(url)
    tls, ssl = bool(found.get("EMAIL_USE_TLS")), bool(found.get("EMAIL_USE_SSL"))
    return found | {"EMAIL_USE_TLS": tls, "EMAIL_USE_SSL": ssl}

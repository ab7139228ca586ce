"""The test run: nothing leaves the process but what DATABASE_URL, REDIS_URL and MONGODB_URL name."""

import os

os.environ.setdefault("SECRET_KEY", "test-secret-key-test-secret-key-test-secret-key-test-secret-key")
os.environ.setdefault("JWT_SIGNING_KEY", "test-signing-key-test-signing-key-test-signing-key-test-signing")
os.environ.setdefault("APP_ENV", "test")
os.environ["BASE_URL"] = "http://testserver"  # before settings that follow from it, such as the issuer of tokens

from config.settings.base import *  # noqa: F403
from config.settings.base import DATABASES, STORAGES

ALLOWED_HOSTS = ["testserver", "localhost", "127.0.0.1"]
BCRYPT_ROUNDS = 4
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
STORAGES = STORAGES | {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
WHITENOISE_USE_FINDERS = WHITENOISE_AUTOREFRESH = True
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    DATABASES["default"]["OPTIONS"]["timeout"] = 0.3
if "activity" not in DATABASES:
    # Tests of the archive use a second SQLite in its place; the others do without, as the embedded default.
    DATABASES["activity"] = {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}

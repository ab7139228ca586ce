"""The strict readers, and the start of the real settings with values that are wrong."""

import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, NoEncryption, PrivateFormat

from config.env import BASE_DIR, Environment, app_env

LONG = "q7Rz-2mXbT9_vLk4WcYp8NsHd3JfGa6UeKo1QiMzBn5SxCtVwPyDhE0r"
PASSWORD = "Wq8xTz41"
REQUIRED = {
    "SECRET_KEY": LONG,
    "JWT_SIGNING_KEY": LONG[::-1],
    "BASE_URL": "https://todos.our-team.org",
    "ALLOWED_HOSTS": "todos.our-team.org",
    "DATABASE_URL": "sqlite:////tmp/no-such-folder/todos.sqlite3",
    "REDIS_URL": "none",
    "MONGODB_URL": "none",
    "EMAIL_URL": f"smtp+tls://todos:{PASSWORD}@mail.our-team.org:587",
    "DEFAULT_FROM_EMAIL": "Simple Todos <todos@our-team.org>",
}
BEHIND_PROXY = {"TRUSTED_PROXIES": "127.0.0.1"}
REDIS = ("redis", "rediss")
SQL = ("postgres", "postgresql", "sqlite")
MONGODB = ("mongodb", "mongodb+srv")


def reader(value: str | None, *, strict: bool = True) -> Environment:
    return Environment({} if value is None else {"NAME": value}, strict=strict)


def refusal(read) -> str:
    with pytest.raises(SystemExit) as stop:
        read()
    line = stop.value.code
    assert isinstance(line, str)
    assert "\n" not in line
    assert line.startswith("Configuration error: NAME ")
    assert "; expected " in line
    return line


def manage(*arguments: str, **values: str) -> subprocess.CompletedProcess[str]:
    """Run a command in a clean environment; an empty value hides what a private .env file says."""
    environment = {"PATH": os.environ["PATH"]} | values
    command = [sys.executable, "manage.py", *arguments]
    return subprocess.run(command, cwd=BASE_DIR, env=environment, capture_output=True, text=True, check=False)


def example(name: str) -> dict[str, str]:
    lines = (BASE_DIR / name).read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


# Readers


@pytest.mark.parametrize("strict", [True, False])
@pytest.mark.parametrize(
    ("read", "value", "expected"),
    [
        (lambda env: env.text("NAME", "a word"), "  word ", "word"),
        (lambda env: env.secret("NAME"), LONG, LONG),
        (lambda env: env.flag("NAME", default=False), "Yes", True),
        (lambda env: env.flag("NAME", default=True), "off", False),
        (lambda env: env.integer("NAME", default=1, low=1, high=9), "9", 9),
        (lambda env: env.days("NAME"), "365", timedelta(days=365)),
        (lambda env: env.days("NAME"), "forever", None),
        (lambda env: env.days("NAME"), "", None),
        (lambda env: env.choice("NAME", ("a", "b"), default="a"), "b", "b"),
        (lambda env: env.hosts("NAME", default=None), "a.org, .b.org,[::1]", ["a.org", ".b.org", "[::1]"]),
        (lambda env: env.origins("NAME"), "https://a.org,http://b:3000", ["https://a.org", "http://b:3000"]),
        (lambda env: env.web_address("NAME", default=None), "https://a.org/", "https://a.org"),
        (lambda env: env.store("NAME", REDIS), "rediss://:pw@cache:6380/4", "rediss://:pw@cache:6380/4"),
        (lambda env: env.store("NAME", SQL), "postgres://u:p@db/todos", "postgres://u:p@db/todos"),
        (lambda env: env.store("NAME", SQL), "sqlite:////data/db", "sqlite:////data/db"),
        (lambda env: env.store("NAME", MONGODB), "mongodb+srv://m/todos", "mongodb+srv://m/todos"),
        (lambda env: env.store("NAME", MONGODB), "none", ""),
        (lambda env: env.bucket("NAME"), "s3://k:s%2F@box/in?region=eu", "s3://k:s%2F@box/in?region=eu"),
        (
            lambda env: env.bucket("NAME"),
            "s3://k:s@box?region=eu&endpoint=http://s3.lan:9000",
            "s3://k:s@box?region=eu&endpoint=http://s3.lan:9000",
        ),
        (lambda env: env.bucket("NAME"), "none", ""),
        (lambda env: env.bucket("NAME"), "", ""),
        (lambda env: env.megabytes("NAME", default=5), "", 5_000_000),
        (lambda env: env.megabytes("NAME", default=5), "7", 7_000_000),
        (lambda env: env.megabytes("NAME", default=5), "none", None),
        (lambda env: env.mail_server("NAME"), "smtp+tls://u:p@m:587", "smtp+tls://u:p@m:587"),
        (lambda env: env.mail_server("NAME"), "consolemail://", "consolemail://"),
        (lambda env: env.sender("NAME"), "Todos <a@b.org>", "Todos <a@b.org>"),
        (lambda env: env.time_zone("NAME"), "Europe/Berlin", "Europe/Berlin"),
    ],
)
def test_a_good_value_is_read_in_any_environment(read, value, expected, strict):
    assert read(reader(value, strict=strict)) == expected


@pytest.mark.parametrize("value", [None, "", "   "])
@pytest.mark.parametrize(
    "read",
    [
        lambda env: env.text("NAME", "a word"),
        lambda env: env.secret("NAME"),
        lambda env: env.hosts("NAME", default=None),
        lambda env: env.web_address("NAME", default=None),
        lambda env: env.store("NAME", SQL, optional=False),
        lambda env: env.store("NAME", REDIS),
        lambda env: env.mail_server("NAME"),
        lambda env: env.sender("NAME"),
    ],
)
def test_a_missing_value_is_refused_where_it_matters(read, value):
    assert "is missing" in refusal(lambda: read(reader(value)))


@pytest.mark.parametrize(
    ("read", "expected"),
    [
        (lambda env: env.text("NAME", "a word", "else"), "else"),
        (lambda env: env.flag("NAME", default=True), True),
        (lambda env: env.integer("NAME", default=4, low=1, high=9), 4),
        (lambda env: env.choice("NAME", ("a", "b"), default="b"), "b"),
        (lambda env: env.hosts("NAME", default="localhost,[::1]"), ["localhost", "[::1]"]),
        (lambda env: env.origins("NAME"), []),
        (lambda env: env.store("NAME", SQL, optional=False), ""),
        (lambda env: env.store("NAME", REDIS), ""),
        (lambda env: env.mail_server("NAME"), "consolemail://"),
        (lambda env: env.sender("NAME"), "Simple Todos <todos@localhost>"),
        (lambda env: env.time_zone("NAME"), "UTC"),
    ],
)
def test_a_missing_value_has_a_default_in_development(read, expected):
    assert read(reader(None, strict=False)) == expected


def test_a_secret_has_no_default_even_in_development():
    assert "is missing" in refusal(lambda: reader(None, strict=False).secret("NAME"))


@pytest.mark.parametrize("strict", [True, False])
@pytest.mark.parametrize(
    ("read", "value"),
    [
        (lambda env: env.flag("NAME", default=False), "maybe"),
        (lambda env: env.integer("NAME", default=1, low=1, high=9), "10"),
        (lambda env: env.days("NAME"), "0"),
        (lambda env: env.days("NAME"), "36501"),
        (lambda env: env.days("NAME"), "-1"),
        (lambda env: env.days("NAME"), "1.5"),
        (lambda env: env.days("NAME"), "a year"),
        (lambda env: env.integer("NAME", default=1, low=1, high=9), "-1"),
        (lambda env: env.integer("NAME", default=1, low=1, high=9), "1.5"),
        (lambda env: env.choice("NAME", ("a", "b"), default="a"), "A"),
        (lambda env: env.hosts("NAME", default=None), "https://a.org"),
        (lambda env: env.hosts("NAME", default=None), "a b"),
        (lambda env: env.hosts("NAME", default=None), ","),
        (lambda env: env.origins("NAME"), "a.org"),
        (lambda env: env.origins("NAME"), "https://a.org/path"),
        (lambda env: env.origins("NAME"), "https://a.org?x=1"),
        (lambda env: env.origins("NAME"), "*"),
        (lambda env: env.web_address("NAME", default=None), "a.org"),
        (lambda env: env.web_address("NAME", default=None), "ftp://a.org"),
        (lambda env: env.web_address("NAME", default=None), "https://a.org:port"),
        (lambda env: env.sender("NAME"), "Simple Todos"),
        (lambda env: env.time_zone("NAME"), "Europe/Atlantis"),
    ],
)
def test_a_malformed_value_is_refused_in_any_environment(read, value, strict):
    refusal(lambda: read(reader(value, strict=strict)))


@pytest.mark.parametrize("strict", [True, False])
@pytest.mark.parametrize(
    ("read", "value"),
    [
        (lambda env: env.store("NAME", SQL), f"mysql://u:{PASSWORD}@db/todos"),
        (lambda env: env.store("NAME", SQL), f"postgres://u:{PASSWORD}@db:port/todos"),
        (lambda env: env.store("NAME", SQL), f"postgres://u:{PASSWORD}@/todos"),
        (lambda env: env.store("NAME", SQL), f"postgres://u:{PASSWORD}@db"),
        (lambda env: env.store("NAME", SQL), f"postgres://u:{PASSWORD}@[db/todos"),
        (lambda env: env.store("NAME", REDIS), f"redis://:{PASSWORD}@cache/name"),
        (lambda env: env.store("NAME", REDIS), PASSWORD),
        (lambda env: env.store("NAME", MONGODB), f"mongo://u:{PASSWORD}@db/todos"),
        (lambda env: env.bucket("NAME"), f"https://k:{PASSWORD}@box?region=eu"),
        (lambda env: env.bucket("NAME"), f"s3://k:{PASSWORD}@box"),
        (lambda env: env.bucket("NAME"), f"s3://{PASSWORD}@box?region=eu"),
        (lambda env: env.bucket("NAME"), f"s3://k:{PASSWORD}@?region=eu"),
        (lambda env: env.bucket("NAME"), f"s3://k:{PASSWORD}@box?region=eu&acl=public-read"),
        (lambda env: env.bucket("NAME"), f"s3://k:{PASSWORD}@box?region=eu&endpoint=s3.lan"),
        (lambda env: env.bucket("NAME"), f"s3://k:{PASSWORD}@box?region=eu#x"),
        (lambda env: env.mail_server("NAME"), f"mail://u:{PASSWORD}@m:25"),
        (lambda env: env.mail_server("NAME"), f"smtp://u:{PASSWORD}@m:port"),
        (lambda env: env.mail_server("NAME"), f"smtp://u:{PASSWORD}@"),
        (lambda env: env.mail_server("NAME"), PASSWORD),
    ],
)
def test_a_malformed_address_of_a_server_is_refused_without_its_password(read, value, strict):
    assert PASSWORD not in refusal(lambda: read(reader(value, strict=strict)))


@pytest.mark.parametrize("value", ["short" * 2, "ab" * 40, "change-me" + LONG])
def test_a_weak_secret_is_refused_without_being_shown_where_it_matters(value):
    assert value not in refusal(lambda: reader(value).secret("NAME"))
    assert reader(value, strict=False).secret("NAME") == value


@pytest.mark.parametrize("value", ["short" * 2, "ab" * 40, f"{LONG},brief"])
def test_a_weak_secret_of_before_is_refused_without_being_shown_where_it_matters(value):
    line = refusal(lambda: reader(value).secrets("NAME"))

    assert not [secret for secret in value.split(",") if secret in line]
    assert reader(value, strict=False).secrets("NAME") == value.split(",")


def test_secrets_of_before_are_read_in_their_order():
    assert reader(f"{LONG}, {LONG[::-1]}").secrets("NAME") == [LONG, LONG[::-1]]
    assert reader(None).secrets("NAME") == []


# Keys in files


@pytest.fixture
def pem(tmp_path):
    """Write a key to a file and return its path: `pem(key)`."""

    def pem(key, *, password=None):
        path = tmp_path / f"{uuid4().hex}.pem"
        lock = BestAvailableEncryption(password) if password else NoEncryption()
        path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, lock))
        return str(path)

    return pem


def rsa(size: int = 2048):
    return generate_private_key(public_exponent=65537, key_size=size)


@pytest.mark.parametrize("strict", [True, False])
def test_key_pairs_are_read_from_their_files_in_order(pem, strict):
    first, second = rsa(), rsa(3072)

    found = reader(f"{pem(first)}, {pem(second)}", strict=strict).key_pairs("NAME")

    assert [pair.private_numbers() for pair in found] == [first.private_numbers(), second.private_numbers()]
    assert reader(None, strict=strict).key_pairs("NAME") == []


@pytest.mark.parametrize("strict", [True, False])
@pytest.mark.parametrize(
    ("write", "reason"),
    [
        (lambda pem, folder: pem(rsa(1024)), "which has only 1024 bits"),
        (lambda pem, folder: pem(ec.generate_private_key(ec.SECP256R1())), "which is no RSA key"),
        (lambda pem, folder: pem(rsa(), password=b"locked"), "which is no such key or is locked by a password"),
        (lambda pem, folder: __file__, "which is no such key or is locked by a password"),
        (lambda pem, folder: str(folder), "which cannot be read (Is a directory)"),
        (lambda pem, folder: str(folder / "none.pem"), "which cannot be read (No such file or directory)"),
    ],
    ids=["short", "another kind", "locked", "no key", "a folder", "no file"],
)
@pytest.mark.filterwarnings("ignore::cryptography.utils.CryptographyDeprecationWarning")
def test_S17_a_key_that_is_weak_or_cannot_be_read_is_refused(pem, tmp_path, write, reason, strict):
    path = write(pem, tmp_path)

    assert reason in refusal(lambda: reader(f"{pem(rsa())},{path}", strict=strict).key_pairs("NAME"))


def test_with_a_key_pair_production_starts_without_a_secret(pem):
    ask = "from accounts.keys import keyring; print(*[key.algorithm for key in keyring().keys.values()])"
    values = {"APP_ENV": "prod", "JWT_PRIVATE_KEYS": pem(rsa()), "JWT_SIGNING_KEY_FALLBACKS": LONG}

    without = manage("shell", "--no-imports", "-c", ask, **(REQUIRED | values | {"JWT_SIGNING_KEY": ""}))
    beside = manage("shell", "--no-imports", "-c", ask, **(REQUIRED | values))

    assert (without.stdout, beside.stdout) == ("RS256 HS256\n", "RS256 HS256 HS256\n"), without.stderr


@pytest.mark.parametrize("value", ["change-me", "CHANGEME", "replace_me", "x-placeholder-x", "a.example.com"])
def test_a_placeholder_is_refused_where_it_matters(value):
    assert "placeholder" in refusal(lambda: reader(value).text("NAME", "a word"))
    assert reader(value, strict=False).text("NAME", "a word") == value


PROVIDER = {
    "NAME": "company",
    "OIDC_COMPANY_ISSUER": "https://id.our-team.org/",
    "OIDC_COMPANY_CLIENT_ID": "todos",
    "OIDC_COMPANY_CLIENT_SECRET": "hush-hush",
}


def test_providers_are_read_each_with_its_own_variables():
    second = {name.replace("COMPANY", "MY_LAN"): value for name, value in PROVIDER.items() if name != "NAME"}
    values = PROVIDER | second | {"NAME": "company, my-lan", "OIDC_COMPANY_LABEL": "Our team"}

    found = Environment(values, strict=True).providers("NAME")

    known = {"issuer": "https://id.our-team.org/", "client_id": "todos", "client_secret": "hush-hush"}
    assert found == {"company": known | {"label": "Our team"}, "my-lan": known | {"label": "My lan"}}


@pytest.mark.parametrize(
    "value", ["Company", "a b", "-x", "../x", "company,company", "passkey", "second-step", "x" * 51]
)
def test_a_provider_with_a_strange_name_is_refused(value):
    values = {f"OIDC_{value.upper()}_{name[13:]}": text for name, text in PROVIDER.items() if name != "NAME"}

    refusal(lambda: Environment(PROVIDER | values | {"NAME": value}, strict=True).providers("NAME"))


@pytest.mark.parametrize("missing", [name for name in PROVIDER if name != "NAME"])
@pytest.mark.parametrize("strict", [True, False])
def test_a_provider_that_lacks_something_is_refused(missing, strict):
    values = PROVIDER | {missing: " "}

    with pytest.raises(SystemExit, match=f"^Configuration error: {missing} is missing"):
        Environment(values, strict=strict).providers("NAME")


@pytest.mark.parametrize(
    "issuer",
    ["id.our-team.org", "ftp://id.our-team.org", "https://", "https://me:hush@id.our-team.org", "https://a/?b"],
)
def test_S31_a_malformed_issuer_is_refused_without_being_shown(issuer):
    values = PROVIDER | {"OIDC_COMPANY_ISSUER": issuer}

    with pytest.raises(SystemExit, match=r"^Configuration error: OIDC_COMPANY_ISSUER is malformed") as stop:
        Environment(values, strict=True).providers("NAME")

    assert "hush" not in str(stop.value)


@pytest.mark.parametrize(
    ("value", "expected"),
    [(None, []), ("id.lan, ID.lan:8443,[fd00::1]:443", ["id.lan", "id.lan:8443", "[fd00::1]:443"])],
)
def test_exempt_hosts_are_read_with_their_ports(value, expected):
    assert reader(value).addresses("NAME") == expected


@pytest.mark.parametrize("value", ["https://id.lan", "*", "id.lan/x", "id.lan:https", "me@id.lan"])
def test_what_is_no_host_is_not_exempt(value):
    assert "NAME" in refusal(lambda: reader(value).addresses("NAME"))


def test_any_host_is_accepted_in_development_alone():
    assert reader("*", strict=False).hosts("NAME", default=None) == ["*"]
    refusal(lambda: reader("*").hosts("NAME", default=None))


def test_the_record_must_be_named_where_it_matters():
    refusal(lambda: reader("none").store("NAME", SQL, optional=False))


def test_an_unknown_environment_is_refused(monkeypatch):
    monkeypatch.setenv("APP_ENV", "production")

    with pytest.raises(SystemExit) as stop:
        app_env()

    assert stop.value.code == (
        "Configuration error: APP_ENV is 'production'; expected one of dev, staging, prod, test."
    )


# Starts


def test_a_complete_production_environment_starts_without_a_warning():
    started = manage("check", "--deploy", "--fail-level", "WARNING", APP_ENV="prod", **REQUIRED, **BEHIND_PROXY)

    assert (started.returncode, started.stderr) == (0, "")
    assert "System check identified no issues" in started.stdout


@pytest.mark.parametrize("name", REQUIRED)
def test_the_start_stops_with_one_line_when_a_variable_is_missing(name):
    started = manage("check", APP_ENV="prod", **(REQUIRED | {name: ""}))

    assert started.returncode == 1
    assert started.stdout == ""
    assert started.stderr.startswith(f"Configuration error: {name} is missing; expected ")
    assert len(started.stderr.splitlines()) == 1


@pytest.mark.parametrize("name", REQUIRED)
def test_the_start_stops_while_a_variable_is_as_in_the_example(name):
    value = example(".env.prod.example")[name]

    started = manage("check", APP_ENV="prod", **(REQUIRED | {name: value}))

    assert started.returncode == 1
    assert len(started.stderr.splitlines()) == 1
    assert started.stderr.startswith(f"Configuration error: {name} still has its placeholder")


@pytest.mark.parametrize("environment", ["staging", "prod"])
def test_the_examples_are_refused_as_they_stand(environment):
    values = example(f".env.{environment}.example")

    started = manage("check", **values)

    assert values["APP_ENV"] == environment
    assert started.returncode == 1
    assert len(started.stderr.splitlines()) == 1
    assert "still has its placeholder" in started.stderr


@pytest.mark.parametrize("environment", ["staging", "prod"])
def test_the_examples_name_every_variable_that_is_required(environment):
    assert set(REQUIRED) <= set(example(f".env.{environment}.example"))


@pytest.mark.parametrize(("environment", "expected"), [("dev", "True"), ("staging", "False"), ("prod", "False")])
def test_the_first_person_becomes_superadmin_in_development_alone(environment, expected, tmp_path):
    ask = "from django.conf import settings; print(settings.FIRST_USER_IS_SUPERADMIN)"
    values = REQUIRED | {"APP_ENV": environment, "FIRST_USER_IS_SUPERADMIN": "true", "DATA_DIR": str(tmp_path)}

    started = manage("shell", "--no-imports", "-c", ask, **values)

    assert started.stdout.strip() == expected, started.stderr


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("https://todos.our-team.org", "True True __Host-sessionid __Host-csrftoken"),
        ("http://todos.our-team.org", "False False sessionid csrftoken"),
    ],
)
def test_S18_in_production_cookies_keep_to_tls_and_to_this_host(address, expected):
    names = ("SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE", "SESSION_COOKIE_NAME", "CSRF_COOKIE_NAME")
    ask = f"from django.conf import settings; print(*[getattr(settings, name) for name in {names}])"

    started = manage("shell", "--no-imports", "-c", ask, APP_ENV="prod", **(REQUIRED | {"BASE_URL": address}))

    assert started.stdout.strip() == expected, started.stderr


def test_no_committed_file_holds_a_secret_of_production():
    files = [path for path in Path(BASE_DIR).glob(".env.*") if path.name.endswith(".example")]

    secrets = {example(path.name)[name] for path in files for name in ("SECRET_KEY", "JWT_SIGNING_KEY")}

    assert secrets == {"change-me"}

"""The cast and the clients of every test. Loaded as a plugin: the root has no conftest.

The cast is fixed: `owner` has a project, `editor` and `viewer` are in it, `stranger` is not;
`admin` and `superadmin` have platform roles and no membership anywhere.
"""

import re
from datetime import UTC, datetime
from typing import Any

import pytest

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
PASSWORD = "correct horse battery"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


def pytest_collection_modifyitems(items):
    """Let every test that has a database have the archive of events too; mark what knows no store as `domain`.

    pytest-django refuses the database to a test that did not ask for it, so nothing marked `domain` gets one.
    """
    for item in items:
        marker = item.get_closest_marker("django_db")
        if marker or {"db", "transactional_db"} & set(getattr(item, "fixturenames", ())):
            options = marker.kwargs if marker else {}
            item.add_marker(pytest.mark.django_db(**({"databases": "__all__"} | options)), append=False)
        elif item.path.name.startswith("test_domain_"):
            item.add_marker(pytest.mark.domain)


@pytest.fixture(scope="session", autouse=True)
def archive_without_transactions(django_db_setup, django_db_blocker):
    """Let tests roll back although MongoDB's backend has no transactions: `archive` clears what it was given.

    Django would empty every table of PostgreSQL after each test instead.
    """
    from django.db import connections

    connections["activity"].features.supports_transactions = True


@pytest.fixture(scope="session", autouse=True)
def tables_that_empty_fast(django_db_setup):
    """Empty PostgreSQL's tables row by row after a test that commits: there are few, and TRUNCATE writes every file."""
    from django.db import connection

    if connection.vendor == "postgresql":
        connection.ops.sql_flush = lambda style, tables, **options: [
            f"DELETE FROM {connection.ops.quote_name(table)};"  # noqa: S608  Django's own names
            for table in tables
        ]


@pytest.fixture
def archive(db, settings):
    """Give events an archive: MongoDB where MONGODB_URL names one, else a second SQLite."""
    from activity.archive import breaker
    from activity.models import Event

    settings.ACTIVITY_ARCHIVE = True
    breaker.reset()
    Event.objects.archive().delete()
    yield Event.objects.archive
    Event.objects.archive().delete()
    breaker.reset()


@pytest.fixture
def no_archive(settings):
    """Let the journal be all there is."""
    settings.ACTIVITY_ARCHIVE = False


@pytest.fixture
def relay(archive):
    """Relay what waits, as the worker would: `relay()` returns how many events went."""
    from django.utils import timezone

    from activity.services.relay import sweep_relay

    return lambda: sweep_relay(timezone.now())


@pytest.fixture(autouse=True)
def empty_caches(request):
    """Forget token state between tests where a transaction does not roll it back, and the tries that were counted."""
    yield
    from django.conf import settings
    from django.core.cache import caches

    for name, options in settings.CACHES.items():
        if not options["BACKEND"].endswith("DatabaseCache"):
            caches[name].clear()


@pytest.fixture
def now():
    return NOW


@pytest.fixture
def register(db):
    """Sign people up through the service, as everything with a rule is arranged."""
    from accounts.services.users import register_user

    def register(name: str, /, **options: Any):
        address = f"{name}@example.org"
        defaults: dict[str, Any] = {"email": address, "password": PASSWORD, "name": name.title(), "now": NOW}
        return register_user(**(defaults | options))

    return register


@pytest.fixture
def owner(register):
    return register("owner")


@pytest.fixture
def editor(register, project):
    return _member(register("editor"), project, "editor")


@pytest.fixture
def viewer(register, project):
    return _member(register("viewer"), project, "viewer")


@pytest.fixture
def stranger(register):
    return register("stranger")


@pytest.fixture
def admin(register):
    return register("admin", role="admin")


@pytest.fixture
def superadmin(register):
    return register("superadmin", role="superadmin")


def _member(user, project, role):
    from todos.models import Membership

    Membership.objects.create(project=project, user=user, role=role, granted=role)
    return user


@pytest.fixture
def project(owner):
    from todos.services.projects import create_project

    return create_project(actor=owner, title="Home", now=NOW)


@pytest.fixture
def make_todo(owner, project):
    """Create todos in the owner's project: `make_todo("Buy milk", priority=1)`."""
    from todos.services.todos import create_todo

    def make_todo(title: str = "Buy milk", *, actor=owner, now=NOW, **values: Any):
        values = {"project": project.pk} | values | {"title": title}
        return create_todo(actor=actor, values=values, now=now)

    return make_todo


@pytest.fixture
def todo(make_todo):
    return make_todo()


@pytest.fixture
def api(db):
    """Make API clients: `api(user)` bears a JWT, `api()` bears nothing."""
    from django.utils import timezone
    from rest_framework.test import APIClient

    from accounts.services.devices import sign_in_device

    def api(user=None):
        client = APIClient()
        if user is not None:
            signed_in = sign_in_device(user=user, label="test", ip=None, now=timezone.now())
            client.credentials(HTTP_AUTHORIZATION=f"Bearer {signed_in.pair.access}")
            client.device = signed_in.device
        return client

    return api


@pytest.fixture
def pages(db):
    """Make page clients without JavaScript: `pages(user)` is signed in."""
    from django.test import Client, RequestFactory

    from accounts.models import Device
    from accounts.sessions import SessionStore
    from accounts.web.entering import enter

    def pages(user=None, **options: Any):
        client: Any = Client(**options)
        if user is not None:
            request = RequestFactory(headers={"User-Agent": FIREFOX}, REMOTE_ADDR="192.0.2.1").get("/")
            request.session = SessionStore()
            enter(request, user, leads_to="/")
            request.session.save()
            client.cookies["sessionid"] = request.session.session_key
            client.device = Device.objects.get(pk=request.session["device"])
        return client

    return pages


@pytest.fixture
def recorded():
    """Return the verbs recorded about a subject, oldest first."""
    from activity.models import Event

    def recorded(subject) -> list[str]:
        events = Event.objects.journal().about(subject.pk).order_by("created_at", "revision")
        return list(events.values_list("verb", flat=True))

    return recorded


@pytest.fixture
def mailed(db):
    """Let the worker send what is queued: `mailed()` returns those messages."""
    from django.core import mail
    from django.utils import timezone

    from accounts.services.mail import sweep_mail

    def mailed(now=None):
        before = len(mail.outbox)
        sweep_mail(now or timezone.now())
        return list(mail.outbox[before:])

    return mailed


@pytest.fixture
def token_of(mailed):
    """Return the secret in the link of the one mail that waits, or of one message."""

    def token_of(message=None, now=None):
        [message] = [message] if message else [found for found in mailed(now) if "token=" in found.body]
        return re.search(r"token=([\w-]{43})", message.body)[1]

    return token_of

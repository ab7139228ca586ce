"""Fuzzing the API against its own OpenAPI document: no 5xx, and no answer it does not describe."""

import pytest
from django.core.files.base import ContentFile
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from django.test import override_settings
from django.utils import timezone

from accounts.models import User
from accounts.services.invitations import invite_person
from config.wsgi import application
from todos.models import Notification
from todos.services.feeds import create_feed
from todos.services.labels import create_label
from todos.services.notifications import notify
from todos.services.projects import create_project
from todos.services.public_links import create_link
from todos.services.reminders import create_reminder
from todos.services.saved_filters import create_filter
from todos.services.sections import create_section
from todos.services.share_invitations import invite
from todos.services.transfer.imports import start_import

schemathesis = pytest.importorskip(
    "schemathesis", reason="needs schemathesis of requirements/dev.txt: make servers runs it"
)
from hypothesis import HealthCheck, Phase, settings  # noqa: E402
from schemathesis.checks import not_a_server_error  # noqa: E402
from schemathesis.specs.openapi.checks import (  # noqa: E402
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

schema = schemathesis.openapi.from_wsgi("/api/v1/schema/?format=json", application)
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]


@pytest.fixture(autouse=True)
def kept_connection():
    """Keep the test's connection from request to request, as Django's own test client does."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.fixture(autouse=True)
def no_budgets():
    """Let so many requests through that none is refused for their number."""
    with override_settings(API_RATE_USER=None, API_RATE_ADDRESS=None):
        yield


@pytest.fixture
def bearer(api, owner):
    """Return the header of somebody who owns what `known` names, and may manage people."""
    User.objects.filter(pk=owner.pk).update(role="superadmin")
    owner.refresh_from_db()
    return api(owner)._credentials["HTTP_AUTHORIZATION"]


@pytest.fixture
def known(owner, editor, stranger, admin, project, todo, api, now):
    """Return the id of a real thing for each kind of path."""
    label = create_label(actor=owner, name="errand", now=now)
    invitation = invite_person(actor=admin, email="new@example.org", role="user", now=now)
    ids = {"todos": todo.pk, "projects": project.pk, "labels": label.pk, "users": stranger.pk}
    ids |= {"devices": api(owner).device.pk, "invitations": invitation.pk}
    notify(user_id=owner.pk, kind="reminder", key="known", todo=todo, now=now)
    reminder = create_reminder(actor=owner, todo_id=todo.pk, values={"relative_to": "due"}, now=now)
    ids |= {"reminders": reminder.pk, "notifications": Notification.objects.get(user=owner, key="known").pk}
    saved = create_filter(actor=owner, values={"name": "Urgent", "query": "p1 | overdue"}, now=now)
    ids |= {"filters": saved.pk}
    ids |= {"sections": create_section(actor=owner, project_id=project.pk, title="Soon", now=now).pk}
    ids |= {"feeds": create_feed(actor=owner, now=now).feed.pk, "imports": brought(owner, now)}
    above = {"{todo_id}": todo.pk, "{project_id}": project.pk, "{user_id}": editor.pk}
    shared = create_link(actor=owner, project_id=project.pk, now=timezone.now())
    above["{token}"] = shared.token
    ids |= {"links": shared.link.pk, "share-invitations": offered(owner, admin, timezone.now())}
    return above | {f"/{name}/{{id}}/": pk for name, pk in ids.items()}


def brought(owner, now):
    """Return an import that waits."""
    data = b'{"format": "simple-todos", "version": 1, "todos": []}'
    return start_import(actor=owner, upload=ContentFile(data, "todos.json"), now=now).pk


def offered(owner, inviter, now):
    """Return an invitation to the owner, into a project of somebody else."""
    User.objects.filter(pk=owner.pk).update(email_verified_at=now)
    project = create_project(actor=inviter, title="Theirs", now=now)
    return invite(actor=inviter, project_id=project.pk, email=owner.email, role="viewer", now=now).pk


few_examples = settings(
    max_examples=20,
    deadline=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)


# Signing out would leave every later request at the door.
@schema.exclude(path="/api/v1/auth/logout/").parametrize()
@few_examples
@pytest.mark.django_db
def test_every_answer_is_as_described(case, bearer, known):
    response = case.call(headers={"Authorization": bearer})

    case.validate_response(response, checks=CHECKS)


@schema.include(path_regex=r"/\{(id|user_id|token)\}/").parametrize()
@few_examples
@pytest.mark.django_db
def test_every_answer_about_what_exists_is_as_described(case, bearer, known):
    if "id" in case.path_parameters:
        case.path_parameters["id"] = str(next(pk for path, pk in known.items() if path in case.path))
    for name in ("todo_id", "project_id", "user_id", "token"):
        if name in case.path_parameters:
            case.path_parameters[name] = str(known[f"{{{name}}}"])

    response = case.call(headers={"Authorization": bearer})

    case.validate_response(response, checks=CHECKS)

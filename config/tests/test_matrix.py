"""Who gets what at which door: every role against every method of every route.

The doors are found by walking the URL conf and asking each which methods it allows, so a new
route needs a row here, and a row needs its route. Pages are entered with a session, the API with
a token. Each row asks about what belongs to the `owner`, in whose project `editor` and `viewer`
are; a platform role opens nobody's todos.

Answers: a status, `in` for the redirect to the sign-in page, `go` for another redirect.
"""

from datetime import timedelta
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from django.contrib import admin as django_admin
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, get_resolver, reverse
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import Authenticator, Deletion, Identity, Invitation, LinkPurpose, Mail, Passkey, User
from accounts.scopes import SCOPES
from accounts.services.api_tokens import create_token
from accounts.services.invitations import invite_person
from accounts.services.links import make_link
from accounts.services.people import edit_person
from accounts.services.users import register_user
from accounts.tests.authenticators import set_up_app
from activity.models import Batch, Erasure, Event
from config.tests.plugin import NOW, PASSWORD
from todos.models import Membership, Notification, Todo
from todos.services.attachments import add_attachment
from todos.services.comments import add_comment
from todos.services.feeds import create_feed
from todos.services.labels import create_label
from todos.services.notifications import notify
from todos.services.projects import create_project
from todos.services.public_links import create_link
from todos.services.relations import relate
from todos.services.reminders import create_reminder
from todos.services.saved_filters import create_filter
from todos.services.sections import create_section
from todos.services.share_invitations import invite
from todos.services.todos import create_todo
from todos.services.transfer.imports import start_import

ROLES = ("anonymous", "stranger", "viewer", "editor", "owner", "admin", "superadmin")
PLATFORM = {"admin": "admin", "superadmin": "superadmin"}

API = """
route                 method  anonymous stranger viewer editor owner admin superadmin
api-root              GET     200       200      200    200    200   200   200
schema                GET     200       200      200    200    200   200   200
swagger               GET     200       200      200    200    200   200   200
redoc                 GET     200       200      200    200    200   200   200
api-register          POST    201       201      201    201    201   201   201
api-login             POST    200       200      200    200    200   200   200
api-second-step       POST    200       200      200    200    200   200   200
api-refresh           POST    200       200      200    200    200   200   200
api-logout            POST    401       204      204    204    204   204   204
api-device-list       GET     401       200      200    200    200   200   200
api-device-list       DELETE  401       204      204    204    204   204   204
api-device-detail     DELETE  401       404      404    404    204   404   404
api-password          POST    401       204      204    204    204   204   204
api-password-reset    POST    202       202      202    202    202   202   202
api-password-reset-confirmation POST 204 204     204    204    204   204   204
api-email             POST    401       202      202    202    202   202   202
api-email-verification POST   202       202      202    202    202   202   202
api-email-confirmation POST   200       200      200    200    200   200   200
api-invitation-list   GET     401       403      403    403    403   200   200
api-invitation-list   POST    401       403      403    403    403   201   201
api-invitation-detail DELETE  401       403      403    403    403   204   204
api-me                GET     401       200      200    200    200   200   200
api-me                PATCH   401       200      200    200    200   200   200
api-export            GET     401       200      200    200    200   200   200
api-deletion          GET     401       200      200    200    200   200   200
api-deletion          POST    401       201      201    201    422   201   409
api-deletion          DELETE  401       204      204    204    204   204   204
api-user-list         GET     401       403      403    403    403   200   200
api-user-list         POST    401       403      403    403    403   201   201
api-user-detail       GET     401       403      403    403    403   200   200
api-user-detail       PATCH   401       403      403    403    403   200   200
api-user-sign-in-reset POST   401       403      403    403    403   204   204
api-token-list        GET     401       200      200    200    200   200   200
api-token-list        POST    401       201      201    201    201   201   201
api-token-detail      DELETE  401       404      404    404    204   404   404
api-activity          GET     401       200      200    200    200   200   200
api-activity-heatmap  GET     401       200      200    200    200   200   200
api-activity-days     GET     401       200      200    200    200   200   200
api-activity-streaks  GET     401       200      200    200    200   200   200
api-activity-projects GET     401       200      200    200    200   200   200
api-activity-hours    GET     401       200      200    200    200   200   200
api-activity-durations GET    401       200      200    200    200   200   200
api-activity-burndown GET     401       404      200    200    200   404   404
api-todo-list         GET     401       200      200    200    200   200   200
api-todo-list         POST    401       404      403    201    201   404   404
api-quick-add         POST    401       404      403    201    201   404   404
api-todo-detail       GET     401       404      200    200    200   404   404
api-todo-detail       PATCH   401       404      403    200    200   404   404
api-todo-detail       DELETE  401       404      403    204    204   404   404
api-todo-completion   POST    401       404      403    200    200   404   404
api-todo-completion   DELETE  401       404      403    200    200   404   404
api-todo-restoration  POST    401       404      403    200    200   404   404
api-todo-position     PUT     401       404      403    200    200   404   404
api-todo-skip         POST    401       404      403    200    200   404   404
api-todo-occurrences  GET     401       404      200    200    200   404   404
api-occurrences       GET     401       200      200    200    200   200   200
api-project-list      GET     401       200      200    200    200   200   200
api-project-list      POST    401       201      201    201    201   201   201
api-project-detail    GET     401       404      200    200    200   404   404
api-project-detail    PATCH   401       404      403    200    200   404   404
api-project-archive   POST    401       404      403    403    200   404   404
api-project-archive   DELETE  401       404      403    403    200   404   404
api-project-detail    DELETE  401       404      403    403    204   404   404
api-project-restoration POST  401       404      403    403    200   404   404
api-project-position  PUT     401       404      403    403    200   404   404
api-project-favourite PUT     401       404      200    200    200   404   404
api-project-favourite DELETE  401       404      200    200    200   404   404
api-section-list      GET     401       200      200    200    200   200   200
api-section-list      POST    401       404      403    201    201   404   404
api-section-detail    GET     401       404      200    200    200   404   404
api-section-detail    PATCH   401       404      403    200    200   404   404
api-section-detail    DELETE  401       404      403    204    204   404   404
api-section-restoration POST  401       404      403    200    200   404   404
api-section-position  PUT     401       404      403    200    200   404   404
api-trash             DELETE  401       200      200    200    200   200   200
api-project-member-list GET   401       404      200    200    200   404   404
api-project-member-detail GET 401       404      200    200    200   404   404
api-project-member-detail PATCH 401     404      403    403    200   404   404
api-project-member-detail DELETE 401    404      403    204    204   404   404
api-project-owner     PUT     401       404      403    403    200   404   404
api-project-invitation-list GET 401     404      403    403    200   404   404
api-project-invitation-list POST 401    404      403    403    201   404   404
api-project-invitation-detail DELETE 401 404     403    403    204   404   404
api-project-link-list GET     401       404      403    403    200   404   404
api-project-link-list POST    401       404      403    403    201   404   404
api-project-link-detail DELETE 401      404      403    403    204   404   404
api-share-invitation-list GET 401       200      200    200    200   200   200
api-share-invitation-detail DELETE 401  204      404    404    404   404   404
api-share-invitation-acceptance POST 401 200     404    404    404   404   404
api-public            GET     200       200      200    200    200   200   200
api-public-todos      GET     200       200      200    200    200   200   200
api-public-access     POST    200       200      200    200    200   200   200
api-undo              POST    401       422      422    422    200   422   422
api-bulk              POST    401       404      403    200    200   404   404
api-sync              GET     401       200      200    200    200   200   200
api-todos-export      GET     401       200      200    200    200   200   200
api-import-list       GET     401       200      200    200    200   200   200
api-import-list       POST    401       404      403    202    202   404   404
api-import-detail     GET     401       404      404    404    200   404   404
api-import-detail     DELETE  401       404      404    404    204   404   404
api-import-lines      GET     401       404      404    404    200   404   404
api-view-today        GET     401       200      200    200    200   200   200
api-view-overdue      GET     401       200      200    200    200   200   200
api-view-upcoming     GET     401       200      200    200    200   200   200
api-view-assigned     GET     401       200      200    200    200   200   200
api-view-no-date      GET     401       200      200    200    200   200   200
api-view-completed    GET     401       200      200    200    200   200   200
api-filter-list       GET     401       200      200    200    200   200   200
api-filter-list       POST    401       404      403    201    201   404   404
api-filter-detail     GET     401       404      200    200    200   404   404
api-filter-detail     PATCH   401       404      403    403    200   404   404
api-filter-detail     DELETE  401       404      403    403    204   404   404
api-filter-position   PUT     401       404      403    403    200   404   404
api-filter-todos      GET     401       404      200    200    200   404   404
api-todo-rendered     GET     401       404      200    200    200   404   404
api-comment-list      GET     401       404      200    200    200   404   404
api-comment-list      POST    401       404      403    201    201   404   404
api-comment-detail    GET     401       404      200    200    200   404   404
api-comment-detail    PATCH   401       404      403    403    200   404   404
api-comment-detail    DELETE  401       404      403    403    204   404   404
api-comment-restoration POST  401       404      403    403    200   404   404
api-attachment-list   GET     401       404      200    200    200   404   404
api-attachment-list   POST    401       404      403    201    201   404   404
api-attachment-detail GET     401       404      200    200    200   404   404
api-attachment-detail DELETE  401       404      403    403    204   404   404
api-attachment-restoration POST 401     404      403    403    200   404   404
api-attachment-content GET    401       404      200    200    200   404   404
api-relation-list     GET     401       404      200    200    200   404   404
api-relation-list     POST    401       404      403    201    201   404   404
api-relation-detail   GET     401       404      200    200    200   404   404
api-relation-detail   DELETE  401       404      403    204    204   404   404
api-label-list        GET     401       200      200    200    200   200   200
api-label-list        POST    401       201      201    201    201   201   201
api-label-detail      GET     401       404      404    404    200   404   404
api-label-detail      PATCH   401       404      404    404    200   404   404
api-label-detail      DELETE  401       404      404    404    204   404   404
api-reminder-list     GET     401       404      200    200    200   404   404
api-reminder-list     POST    401       404      201    201    201   404   404
api-reminder-detail   GET     401       404      404    404    200   404   404
api-reminder-detail   PATCH   401       404      404    404    200   404   404
api-reminder-detail   DELETE  401       404      404    404    204   404   404
api-notification-list GET     401       200      200    200    200   200   200
api-notification-detail GET   401       404      404    404    200   404   404
api-notification-read PUT     401       404      404    404    200   404   404
api-notification-read DELETE  401       404      404    404    200   404   404
api-notification-reading POST 401       200      200    200    200   200   200
api-notification-count GET    401       200      200    200    200   200   200
api-feed-list         GET     401       200      200    200    200   200   200
api-feed-list         POST    401       201      201    201    201   201   201
api-feed-detail       DELETE  401       404      404    404    204   404   404
"""

PAGES = """
route                 method  anonymous stranger viewer editor owner admin superadmin
register              GET     200       go       go     go     go    go    go
register              POST    go        go       go     go     go    go    go
login                 GET     200       go       go     go     go    go    go
login                 POST    go        go       go     go     go    go    go
passwordless          POST    go        go       go     go     go    go    go
passwordless-options  POST    200       200      200    200    200   200   200
second-step           GET     go        go       go     go     go    go    go
second-step           POST    go        go       go     go     go    go    go
second-step-options   POST    401       401      401    401    401   401   401
confirm               GET     in        200      200    200    200   200   200
confirm               POST    in        go       go     go     go    go    go
confirm-options       POST    in        200      200    200    200   200   200
logout                POST    in        go       go     go     go    go    go
jwks                  GET     200       200      200    200    200   200   200
device-sign-out       POST    in        404      404    404    go    404   404
devices-sign-out      POST    in        go       go     go     go    go    go
password-change       GET     in        200      200    200    200   200   200
password-change       POST    in        go       go     go     go    go    go
password-reset        GET     200       200      200    200    200   200   200
password-reset        POST    go        go       go     go     go    go    go
password-reset-confirmation GET  422    422      422    422    422   422   422
password-reset-confirmation POST 422    422      422    422    422   422   422
email-change          GET     in        200      200    200    200   200   200
email-change          POST    in        go       go     go     go    go    go
email-verification    GET     200       200      200    200    200   200   200
email-verification    POST    go        go       go     go     go    go    go
email-confirmation    GET     422       422      422    422    422   422   422
email-confirmation    POST    422       422      422    422    422   422   422
join                  GET     422       422      422    422    422   422   422
join                  POST    422       422      422    422    422   422   422
invite                GET     in        403      403    403    403   200   200
invite                POST    in        403      403    403    403   go    go
invitation-mail       POST    in        403      403    403    403   go    go
invitation-withdrawal POST    in        403      403    403    403   go    go
theme                 POST    in        go       go     go     go    go    go
settings              GET     in        200      200    200    200   200   200
export                GET     in        200      200    200    200   200   200
account-deletion      GET     in        200      200    200    200   200   200
account-deletion      POST    in        go       go     go     422   go    422
account-keeping       POST    in        go       go     go     go    go    go
provider              POST    404       404      404    404    404   404   404
provider-return       GET     404       404      404    404    404   404   404
identity              POST    in        404      404    404    404   404   404
identity-removal      POST    in        go       go     go     go    go    go
profile               POST    in        go       go     go     go    go    go
appearance            POST    in        go       go     go     go    go    go
users                 GET     in        403      403    403    403   200   200
person-new            GET     in        403      403    403    403   200   200
person-new            POST    in        403      403    403    403   go    go
person                GET     in        403      403    403    403   200   200
person                POST    in        403      403    403    403   go    go
person-deactivation   GET     in        403      403    403    403   200   200
person-deactivation   POST    in        403      403    403    403   go    go
person-reactivation   POST    in        403      403    403    403   go    go
person-sign-in-reset  GET     in        403      403    403    403   200   200
person-sign-in-reset  POST    in        403      403    403    403   go    go
token-new             GET     in        200      200    200    200   200   200
token-new             POST    in        go       go     go     go    go    go
token-revocation      POST    in        404      404    404    go    404   404
two-factor            GET     in        200      200    200    200   200   200
two-factor            POST    in        go       go     go     go    go    go
two-factor-setup      GET     in        go       go     go     go    go    go
two-factor-setup      POST    in        go       go     go     go    go    go
two-factor-removal    POST    in        422      422    422    422   422   422
recovery-codes        POST    in        409      409    409    409   409   409
passkeys              GET     in        200      200    200    200   200   200
passkeys              POST    in        422      422    422    422   422   422
passkeys-options      POST    in        200      200    200    200   200   200
passkey               POST    in        404      404    404    go    404   404
passkey-deletion      POST    in        404      404    404    go    404   404
start                 GET     in        go       go     go     go    go    go
today                 GET     in        200      200    200    200   200   200
inbox                 GET     in        200      200    200    200   200   200
completed             GET     in        200      200    200    200   200   200
trash                 GET     in        200      200    200    200   200   200
activity              GET     in        200      200    200    200   200   200
project-activity      GET     in        404      200    200    200   404   404
todo-activity         GET     in        404      200    200    200   404   404
projects              GET     in        200      200    200    200   200   200
project-new           GET     in        200      200    200    200   200   200
project-new           POST    in        go       go     go     go    go    go
project               GET     in        404      200    200    200   404   404
project-edit          GET     in        404      200    200    200   404   404
project-edit          POST    in        404      403    go     go    404   404
project-archive       POST    in        404      403    403    go    404   404
project-unarchive     POST    in        404      403    403    go    404   404
project-deletion      POST    in        404      403    403    go    404   404
project-restoration   POST    in        404      403    403    go    404   404
label                 GET     in        404      404    404    200   404   404
share-invitation      GET     in        200      404    404    404   404   404
share-invitation-acceptance POST in     go       404    404    404   404   404
share-invitation-refusal POST in        go       404    404    404   404   404
feed                  GET     200       200      200    200    200   200   200
shared                GET     200       200      200    200    200   200   200
shared                POST    go        go       go     go     go    go    go
todos                 POST    in        404      403    go     go    404   404
todo                  GET     in        404      200    200    200   404   404
todo                  POST    in        404      403    go     go    404   404
todo-edit             GET     in        404      go     go     go    404   404
todo-completion       POST    in        404      403    go     go    404   404
todo-reopening        POST    in        404      403    go     go    404   404
todo-deletion         POST    in        404      403    go     go    404   404
todo-restoration      POST    in        404      403    go     go    404   404
"""

# What API tokens open, by scope. Every other door of the API is shut to them, unless it asks nobody who they are.
OPENS = """
route                 method  scope
api-me                GET     account
api-me                PATCH   account
api-activity          GET     activity:read
api-activity-heatmap  GET     activity:read
api-activity-days     GET     activity:read
api-activity-streaks  GET     activity:read
api-activity-projects GET     activity:read
api-activity-hours    GET     activity:read
api-activity-durations GET    activity:read
api-activity-burndown GET     activity:read
api-todo-list         GET     todos:read
api-todo-list         POST    todos:write
api-quick-add         POST    todos:write
api-todo-detail       GET     todos:read
api-todo-detail       PATCH   todos:write
api-todo-detail       DELETE  todos:write
api-todo-completion   POST    todos:write
api-todo-completion   DELETE  todos:write
api-todo-restoration  POST    todos:write
api-todo-position     PUT     todos:write
api-todo-skip         POST    todos:write
api-todo-occurrences  GET     todos:read
api-occurrences       GET     todos:read
api-project-list      GET     projects:read
api-project-list      POST    projects:write
api-project-detail    GET     projects:read
api-project-detail    PATCH   projects:write
api-project-archive   POST    projects:write
api-project-archive   DELETE  projects:write
api-project-detail    DELETE  projects:write
api-project-restoration POST  projects:write
api-project-position  PUT     projects:write
api-project-favourite PUT     projects:write
api-project-favourite DELETE  projects:write
api-section-list      GET     projects:read
api-section-list      POST    projects:write
api-section-detail    GET     projects:read
api-section-detail    PATCH   projects:write
api-section-detail    DELETE  projects:write
api-section-restoration POST  projects:write
api-section-position  PUT     projects:write
api-trash             DELETE  projects:write
api-project-member-list GET   projects:read
api-project-member-detail GET projects:read
api-project-member-detail PATCH projects:write
api-project-member-detail DELETE projects:write
api-project-owner     PUT     projects:write
api-project-invitation-list GET projects:read
api-project-invitation-list POST projects:write
api-project-invitation-detail DELETE projects:write
api-project-link-list GET     projects:read
api-project-link-list POST    projects:write
api-project-link-detail DELETE projects:write
api-share-invitation-list GET projects:read
api-share-invitation-detail DELETE projects:write
api-share-invitation-acceptance POST projects:write
api-undo              POST    todos:write
api-bulk              POST    todos:write
api-sync              GET     todos:read
api-view-today        GET     todos:read
api-view-overdue      GET     todos:read
api-view-upcoming     GET     todos:read
api-view-assigned     GET     todos:read
api-view-no-date      GET     todos:read
api-view-completed    GET     todos:read
api-filter-list       GET     todos:read
api-filter-list       POST    todos:write
api-filter-detail     GET     todos:read
api-filter-detail     PATCH   todos:write
api-filter-detail     DELETE  todos:write
api-filter-position   PUT     todos:write
api-filter-todos      GET     todos:read
api-todo-rendered     GET     todos:read
api-comment-list      GET     todos:read
api-comment-list      POST    todos:write
api-comment-detail    GET     todos:read
api-comment-detail    PATCH   todos:write
api-comment-detail    DELETE  todos:write
api-comment-restoration POST    todos:write
api-attachment-list   GET     todos:read
api-attachment-list   POST    todos:write
api-attachment-detail GET     todos:read
api-attachment-detail DELETE  todos:write
api-attachment-restoration POST    todos:write
api-attachment-content GET     todos:read
api-relation-list     GET     todos:read
api-relation-list     POST    todos:write
api-relation-detail   GET     todos:read
api-relation-detail   DELETE  todos:write
api-label-list        GET     todos:read
api-label-list        POST    todos:write
api-label-detail      GET     todos:read
api-label-detail      PATCH   todos:write
api-label-detail      DELETE  todos:write
api-reminder-list     GET     todos:read
api-reminder-list     POST    todos:write
api-reminder-detail   GET     todos:read
api-reminder-detail   PATCH   todos:write
api-reminder-detail   DELETE  todos:write
api-notification-list GET     todos:read
api-notification-detail GET   todos:read
api-notification-read PUT     todos:write
api-notification-read DELETE  todos:write
api-notification-reading POST todos:write
api-notification-count GET    todos:read
api-todos-export      GET     todos:read+projects:read
api-import-list       GET     todos:read+projects:read
api-import-list       POST    todos:write+projects:write
api-import-detail     GET     todos:read+projects:read
api-import-detail     DELETE  todos:write+projects:write
api-import-lines      GET     todos:read+projects:read
"""

# What a superadmin gets in the Django admin; everyone else is led away from all of it.
ADMIN = """
model             changelist add  change delete history
accounts.user     200        403  200    403    200
accounts.device   200        403  200    403    200
accounts.apitoken 200        403  200    403    200
accounts.authenticator 200   403  200    403    200
accounts.passkey  200        403  200    403    200
accounts.identity 200        403  200    403    200
accounts.deletion 200        403  200    403    200
accounts.invitation 200      403  200    403    200
accounts.mail     200        403  200    403    200
activity.event    200        403  200    403    200
activity.batch    200        403  200    403    200
activity.erasure  200        403  200    403    200
todos.project     200        403  200    403    200
todos.todo        200        403  200    403    200
todos.label       200        403  200    403    200
"""


def table(text):
    header, *rows = [line.split() for line in text.strip().splitlines()]
    return [dict(zip(header, row, strict=True)) for row in rows]


ROWS = table(API) + table(PAGES)
MAILING = {
    "api-password-reset",
    "api-email",
    "api-email-verification",
    "password-reset",
    "email-change",
    "email-verification",
}
LINKED = {
    "api-password-reset-confirmation": LinkPurpose.RESET_PASSWORD,
    "api-email-confirmation": LinkPurpose.VERIFY_EMAIL,
}
"""Doors that a mailed link opens, and what it is for."""


@pytest.fixture(scope="module", autouse=True)
def scene(django_db_setup, django_db_blocker):
    """Set the scene once for the hundreds of tests here; each takes back what it did to it."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield _scene()
        transaction.set_rollback(True)


def _scene():
    people = {
        name: register_user(
            email=f"{name}@example.org", password=PASSWORD, name=name.title(), role=PLATFORM.get(name, "user"), now=NOW
        )
        for name in ROLES[1:]
    }
    owner = people["owner"]
    project = create_project(actor=owner, title="Home", now=NOW)
    for role in ("editor", "viewer"):
        Membership.objects.create(project=project, user=people[role], role=role, granted=role)
    User.objects.filter(pk=people["stranger"].pk).update(email_verified_at=NOW)  # who is invited, and nowhere in yet
    asked = {"email": "stranger@example.org", "role": "viewer", "now": timezone.now()}
    public_link = create_link(actor=owner, project_id=project.pk, now=NOW)
    todo = create_todo(actor=owner, values={"title": "Buy milk", "project": project.pk}, now=NOW)
    notify(user_id=owner.pk, kind="reminder", key="scene", todo=todo, now=NOW)
    feed = create_feed(actor=owner, now=NOW)
    others = [create_todo(actor=owner, values={"title": "Bake", "project": project.pk}, now=NOW) for _ in range(2)]
    on_todo = {"actor": owner, "todo_id": todo.pk, "now": NOW}
    return people | {
        "comment": add_comment(**on_todo, text="Oat milk"),
        "attachment": add_attachment(**on_todo, upload=SimpleUploadedFile("list.txt", b"Milk")),
        "relation": relate(**on_todo, other_id=others[0].pk, kind="blocks"),
        "untied": others[1],
        "reminder": create_reminder(actor=owner, todo_id=todo.pk, values={"relative_to": "due"}, now=NOW),
        "notification": Notification.objects.get(user=owner, key="scene"),
        "feed": feed.feed,
        "feed_secret": feed.secret,
        "share_invitation": invite(actor=owner, project_id=project.pk, **asked),
        "import": start_import(actor=owner, upload=SimpleUploadedFile("todos.json", EXPORT), now=NOW),
        "public_link": public_link.link,
        "link_token": public_link.token,
        "project": project,
        "todo": todo,
        "label": create_label(actor=owner, name="errands", now=NOW),
        "filter": create_filter(actor=owner, values={"name": "Urgent", "query": "p1", "project": project.pk}, now=NOW),
        "section": create_section(actor=owner, project_id=project.pk, title="Soon", now=NOW),
        "api_token": create_token(actor=owner, name="Script", scopes=["account"], now=NOW).token,
        "invitation": invite_person(
            actor=people["superadmin"], email="guest@example.org", role="user", now=timezone.now()
        ),
    }


def _of_the_scene(name):
    """Make a fixture of a part of the scene, read afresh: what a test does to its object stays its own."""

    def part(scene, db):
        return type(scene[name])._base_manager.get(pk=scene[name].pk)

    return pytest.fixture(part, name=name)


PARTS = (*ROLES[1:], "project", "todo", "label", "api_token", "invitation")
stranger, viewer, editor, owner, admin, superadmin, project, todo, label, api_token, invitation = map(
    _of_the_scene, PARTS
)
share_invitation, public_link = map(_of_the_scene, ("share_invitation", "public_link"))


@pytest.fixture
def cast(request):
    return {"anonymous": None} | {role: request.getfixturevalue(role) for role in ROLES[1:]}


@pytest.fixture
def device(api, owner):
    return api(owner).device


@pytest.fixture
def address(
    scene, todo, project, label, device, owner, editor, api_token, invitation, share_invitation, public_link, now
):
    """Say where a route leads for what belongs to the owner."""
    ids = {
        "section": scene["section"].pk,
        "todo": todo.pk,
        "project": project.pk,
        "label": label.pk,
        "filter": scene["filter"].pk,
        "device": device.pk,
    }
    ids |= {"user": owner.pk, "person": owner.pk, "token": api_token.pk, "invitation": invitation.pk}
    shared = {f"api-project-{kind}-list": [project.pk] for kind in ("member", "invitation", "link")}
    shared |= {
        "api-project-member-detail": [project.pk, editor.pk],
        "api-project-owner": [project.pk],
        "api-project-invitation-detail": [project.pk, share_invitation.pk],
        "api-project-link-detail": [project.pk, public_link.pk],
    }
    offers = ("api-share-invitation-detail", "api-share-invitation-acceptance", "share-invitation")
    offers += ("share-invitation-acceptance", "share-invitation-refusal")
    shared |= {route: [share_invitation.pk] for route in offers}
    open_doors = ("api-public", "api-public-todos", "api-public-access", "shared")
    shared |= {route: [scene["link_token"]] for route in open_doors}

    shared |= {
        "api-reminder-list": [todo.pk],
        "api-reminder-detail": [todo.pk, scene["reminder"].pk],
        "api-notification-detail": [scene["notification"].pk],
        "api-notification-read": [scene["notification"].pk],
        "api-feed-detail": [scene["feed"].pk],
        "api-import-detail": [scene["import"].pk],
        "api-import-lines": [scene["import"].pk],
        "api-todo-rendered": [todo.pk],
        "feed": [scene["feed_secret"]],
    }
    for kind in ("comment", "attachment", "relation"):
        shared |= {f"api-{kind}-{end}": [todo.pk, scene[kind].pk] for end in ("detail", "restoration", "content")}
        shared[f"api-{kind}-list"] = [todo.pk]

    def address(route):
        if route.startswith(("provider", "identity")):  # this server has none: see test_oidc.py
            return reverse(route, args=["company"])
        if route in ("passkey", "passkey-deletion"):  # made late: with one, a password alone opens nothing
            passkey = Passkey.objects.get_or_create(user=owner, credential_id=b"1", created_at=now)[0]
            return reverse(route, args=[passkey.pk])
        if route == "api-occurrences":
            return reverse(route, query={"recurrence": "FREQ=DAILY"})
        if route == "api-activity-burndown":
            return reverse(route, query={"project": project.pk})
        if route in shared:
            return reverse(route, args=shared[route])
        subject = next((name for name in ids if f"-{name}-" in f"-{route}-"), None)
        needs = subject and not route.endswith("-list") and not route.endswith("-new")
        return reverse(route, args=[ids[subject]] if needs else [])

    return address


@pytest.fixture
def body(scene, todo, project, api, owner, editor):
    """Say what each door is sent."""
    person = {"email": "new@example.org", "password": PASSWORD, "name": "New"}
    bodies = {
        "api-register": person,
        "api-login": {"email": owner.email, "password": PASSWORD},
        "api-me": {"name": "Another name"},
        "api-deletion": {"password": PASSWORD},  # the owner has to choose, and the last superadmin stays
        "api-user-list": {"email": "new@example.org", "name": "New", "role": "user"},
        "api-user-detail": {"name": "Another name"},
        "api-token-list": {"name": "Script", "scopes": ["todos:read"], "password": PASSWORD},
        "person-new": {"email": "new@example.org", "name": "New", "role": "user"},
        "person": {"email": owner.email, "name": "Another name", "role": "user"},
        "token-new": {"name": "Script", "scopes": ["todos:read"], "lifetime": "30"},
        "api-todo-list": {"title": "Buy bread", "project": str(project.pk)},
        "api-quick-add": {"text": "Buy bread tomorrow", "project": str(project.pk)},
        "api-todo-detail": {"title": "Buy bread"},
        "api-bulk": {"action": "complete", "ids": [str(todo.pk)]},
        "api-todo-position": {"after": None},
        "api-project-list": {"title": "Garden"},
        "api-project-detail": {"title": "Garden"},
        "api-project-position": {"after": None},
        "api-section-list": {"title": "Later", "project": str(project.pk)},
        "api-section-detail": {"title": "Later"},
        "api-section-position": {"after": None},
        "api-comment-list": {"text": "Soy milk"},
        "api-comment-detail": {"text": "Soy milk"},
        "api-relation-list": {"kind": "relates", "other": str(scene["untied"].pk)},
        "api-project-member-detail": {"role": "viewer"},
        "api-project-owner": {"owner": str(editor.pk)},
        "api-project-invitation-list": {"email": "new@example.org", "role": "editor"},
        "api-public-access": {"password": "none is asked"},
        "shared": {"password": "none is asked"},
        "api-label-list": {"name": "phone"},
        "api-filter-list": {"name": "Shared", "query": "overdue", "project": str(project.pk)},
        "api-filter-detail": {"query": "p2"},
        "api-filter-position": {"after": None},
        "api-reminder-list": {"relative_to": "due", "offset_minutes": -30},
        "api-reminder-detail": {"offset_minutes": -60},
        "api-notification-reading": {},
        "api-feed-list": {},
        "api-import-list": {"project": str(project.pk)},
        "api-label-detail": {"name": "phone"},
        "api-password": {"current_password": PASSWORD, "password": "another horse battery"},
        "password-change": {"current_password": PASSWORD, "password": "another horse battery"},
        "api-invitation-list": {"email": "new@example.org"},
        "invite": {"email": "new@example.org", "role": "user"},
        "register": person,
        "login": {"email": owner.email, "password": PASSWORD},
        "confirm": {"password": PASSWORD},
        "passkeys": {"name": "Laptop", "credential": "{}"},
        "passkey": {"name": "Old laptop"},
        "two-factor-removal": {"code": "000000"},
        "theme": {"theme": "dark"},
        "profile": {"name": "Another name", "time_zone": "UTC", "week_start": "SU", "language": "en-us"},
        "appearance": {"theme": "dark"},
        "project-new": {"title": "Garden", "colour": "green"},
        "project-edit": {"title": "Garden", "colour": "green", "revision": project.revision},
        "todos": {"title": "Buy bread", "project": str(project.pk)},
        "todo": {"title": "Buy bread", "priority": 4, "project": str(project.pk), "revision": todo.revision},
    }

    def body(route):
        if route == "api-refresh":
            login = api().post("/api/v1/auth/login/", bodies["api-login"])
            return {"refresh": login.json()["refresh"]}
        if route == "api-undo":  # a receipt serves the person whose it is
            return {"receipt": api(owner).patch(f"/api/v1/todos/{todo.pk}/", {"title": "x"})["Undo-Receipt"]}
        if route == "api-todo-skip":
            Todo.objects.filter(pk=todo.pk).update(recurrence=["RRULE:FREQ=DAILY"], due_date=NOW.date())
        if route == "api-second-step":
            _, codes = set_up_app(owner, timezone.now())
            login = api().post("/api/v1/auth/login/", bodies["api-login"])
            return {"challenge": login.json()["challenge"], "code": codes[0]}
        if route in MAILING:
            return {"email": f"{uuid4().hex}@example.org", "password": PASSWORD}  # each address gets few mails
        if purpose := LINKED.get(route):
            details = {"purpose": purpose, "email": owner.email, "user": owner, "life": timedelta(hours=1)}
            return {"token": make_link(**details, now=timezone.now()), "password": "another horse battery"}
        return bodies.get(route)

    return body


def told(response) -> str:
    if not 300 <= response.status_code < 400:
        return str(response.status_code)
    return "in" if urlsplit(response["Location"]).path == "/login/" and "next=" in response["Location"] else "go"


class _Undo(Exception):
    pass


def undone(act):
    """Return what `act` returns, and take back what it did."""
    found = None
    try:
        with transaction.atomic():
            found = act()
            raise _Undo
    except _Undo:
        return found


def ask(client, row, address, body):
    kind = "application/json" if row in API_ROWS else None
    send = getattr(client, row["method"].lower())
    data = body(row["route"]) if row["method"] != "GET" else None
    options = {"format": "json"} if kind and row["method"] != "GET" else {}
    if (row["route"], row["method"]) in UPLOADS:
        data = {"file": SimpleUploadedFile("list.txt", UPLOADS[row["route"], row["method"]])} | (data or {})
        options = {"format": "multipart"}
    return send(address(row["route"]), data, **options)


API_ROWS = table(API)
EXPORT = b'{"format": "simple-todos", "version": 1, "todos": [{"id": "1", "title": "Bread"}]}'
UPLOADS = {("api-attachment-list", "POST"): b"Bread", ("api-import-list", "POST"): EXPORT}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row['method']} {row['route']}")
def test_each_role_gets_its_answer_at_each_door(row, cast, address, body, api, pages):
    expected = {role: row[role] for role in ROLES}
    enter = api if row in API_ROWS else pages

    answers = {
        role: told(undone(lambda person=person: ask(enter(person), row, address, body)))
        for role, person in cast.items()
    }

    assert answers == expected


@pytest.mark.parametrize(
    "row", [row for row in API_ROWS if row["method"] == "GET"], ids=lambda row: f"{row['method']} {row['route']}"
)
def test_a_session_of_the_pages_reads_the_api_alike(row, cast, address, pages):
    answers = {role: told(pages(person).get(address(row["route"]))) for role, person in cast.items()}

    expected = {role: row[role] for role in ROLES}
    assert answers == expected


@pytest.mark.parametrize("row", [row for row in API_ROWS if row["anonymous"] == "401"], ids=lambda row: row["route"])
def test_the_api_answers_nobody_with_a_problem(row, address, body, api):
    response = ask(api(), row, address, body)

    assert response["Content-Type"] == "application/problem+json"
    assert response["WWW-Authenticate"] == 'Bearer realm="api"'


@pytest.mark.parametrize("row", [row for row in ROWS if row["anonymous"] == "in"], ids=lambda row: row["route"])
def test_a_page_leads_nobody_to_the_sign_in_and_back(row, address, body, pages):
    response = ask(pages(), row, address, body)

    assert response["Location"] == f"/login/?next={address(row['route'])}"


@pytest.mark.parametrize("row", [row for row in ROWS if row["stranger"] == "404"], ids=lambda row: row["route"])
def test_S34_what_is_hidden_looks_like_what_does_not_exist(
    row, stranger, address, body, api, pages, todo, project, device, api_token
):
    enter = api if row in API_ROWS else pages
    nowhere = "0196a000-0000-7000-8000-000000000000"
    path, sent = address(row["route"]), body(row["route"])

    hidden = ask(enter(stranger), row, lambda _: path, lambda _: sent)
    for key in (str(todo.pk), str(project.pk), str(device.pk), str(api_token.pk)):
        path = path.replace(key, nowhere)
        sent = sent and {name: nowhere if value == key else value for name, value in sent.items()}
    missing = ask(enter(stranger), row, lambda _: path, lambda _: sent)

    assert (hidden.status_code, missing.status_code) == (404, 404)
    assert without_id(hidden) == without_id(missing)


def without_id(response) -> str:
    return response.text.replace(response["X-Request-ID"], "")


# Nothing is left out


def walk(patterns, namespace=""):
    for entry in patterns:
        if isinstance(entry, URLPattern):
            yield namespace, entry.name
        else:
            yield from walk(entry.url_patterns, entry.namespace or namespace)


ROUTES = [name for namespace, name in walk(get_resolver("config.urls").url_patterns) if not namespace]


def test_every_route_has_a_name_of_its_own():
    assert None not in ROUTES
    assert len(ROUTES) == len(set(ROUTES))


def test_every_namespace_is_tested_as_a_whole():
    assert {namespace for namespace, _ in walk(get_resolver("config.urls").url_patterns)} == {"", "admin"}


def test_every_method_of_every_route_has_its_row(superadmin, address, api, pages):
    allowed = set()
    for route in ROUTES:
        client = api(superadmin) if address(route).startswith("/api/") else pages(superadmin)
        # No door answers TRACE: each refuses it and says what it allows instead (RFC 9110 §15.5.6).
        refusal = client.generic("TRACE", address(route))
        assert refusal.status_code == 405, route
        allowed |= {(route, method) for method in refusal["Allow"].split(", ")}

    rows = [(row["route"], row["method"]) for row in ROWS]
    assert len(rows) == len(set(rows))
    assert {door for door in allowed if door[1] not in ("HEAD", "OPTIONS")} == set(rows)


# If-Match


CONDITIONAL = [row for row in API_ROWS if row["method"] != "GET" and row["anonymous"] == "401"]


@pytest.mark.parametrize("row", CONDITIONAL, ids=lambda row: f"{row['method']} {row['route']}")
def test_a_stale_tag_is_answered_with_the_present_state_or_there_is_no_tag(row, cast, address, body, api):
    role = next(role for role in ("owner", "superadmin", "stranger") if row[role].startswith("2"))
    client = api(cast[role])
    client.credentials(**client._credentials, HTTP_IF_MATCH='"0.000000"')

    answer = undone(lambda: ask(client, row, address, body))

    if answer.status_code == 412:
        assert answer["ETag"]
        assert answer.json()["current"]["id"]
    else:
        assert answer.status_code == int(row[role])


# Undo-Receipt


NO_RECEIPT = """
api-logout            POST    of an account
api-device-list       DELETE  of an account
api-device-detail     DELETE  of an account
api-password          POST    of an account
api-email             POST    of an account
api-invitation-list   POST    of an account
api-invitation-detail DELETE  of an account
api-me                PATCH   of an account
api-deletion          POST    of an account, which has days of grace
api-deletion          DELETE  of an account
api-user-list         POST    of an account
api-user-detail       PATCH   of an account
api-user-sign-in-reset POST   of an account
api-token-list        POST    of an account
api-token-detail      DELETE  of an account
api-notification-read PUT     no change of anything told of; the opposite is a route
api-notification-read DELETE  no change of anything told of; the opposite is a route
api-notification-reading POST no change of anything told of; each line can be made new again
api-trash             DELETE  what is gone for good is gone
api-project-owner     PUT     it is another's to give back
api-project-invitation-detail DELETE whom it went to and its link are kept nowhere
api-project-link-detail DELETE revoking is for good: its secret and password are kept nowhere
api-feed-detail       DELETE  revoking is for good: its secret is kept nowhere
api-import-list       POST    nothing is changed yet; what the worker takes in can be deleted
api-import-detail     DELETE  what stops or is forgotten can be brought again
api-share-invitation-detail DELETE who declines has no way in; they can be asked again
api-share-invitation-acceptance POST an invitation serves once; one can leave
"""
WITHOUT = {tuple(line.split(None, 2)[:2]): line.split(None, 2)[2] for line in NO_RECEIPT.split("\n") if line}
"""Doors that change something which cannot be taken back, and why."""
BEFORE = {
    ("api-todo-completion", "DELETE"): ("api-todo-completion", "POST"),
    ("api-todo-restoration", "POST"): ("api-todo-detail", "DELETE"),
    ("api-project-archive", "DELETE"): ("api-project-archive", "POST"),
    ("api-project-restoration", "POST"): ("api-project-detail", "DELETE"),
    ("api-project-favourite", "DELETE"): ("api-project-favourite", "PUT"),
    ("api-section-restoration", "POST"): ("api-section-detail", "DELETE"),
    ("api-comment-restoration", "POST"): ("api-comment-detail", "DELETE"),
    ("api-attachment-restoration", "POST"): ("api-attachment-detail", "DELETE"),
    ("api-todo-position", "PUT"): ("api-todo-list", "POST"),
    ("api-section-position", "PUT"): ("api-section-list", "POST"),
    ("api-filter-position", "PUT"): ("api-filter-list", "POST"),
}
"""What has to be done first for a door to have something to change."""
LAST = {"api-todo-position", "api-section-position", "api-filter-position"}


@pytest.mark.parametrize("row", CONDITIONAL, ids=lambda row: f"{row['method']} {row['route']}")
def test_each_change_can_be_undone_or_says_here_why_not(row, cast, address, body, api):
    role = next(role for role in ("owner", "superadmin", "stranger") if row[role].startswith("2"))
    key, client = (row["route"], row["method"]), api(cast[role])

    def change_and_undo():
        if first := BEFORE.get(key):
            ask(client, next(row for row in API_ROWS if (row["route"], row["method"]) == first), address, body)
        sent = {"before": None} if row["route"] in LAST else body(row["route"])
        answer = ask(client, row, address, lambda _: sent)
        receipt = answer.get("Undo-Receipt")
        return answer, receipt, receipt and client.post(reverse("api-undo"), {"receipt": receipt})

    answer, receipt, taken_back = undone(change_and_undo)

    assert answer.status_code == int(row[role])
    assert bool(receipt) != (key in WITHOUT)
    assert not receipt or taken_back.status_code == 200


def test_every_reason_against_undoing_belongs_to_a_door():
    assert WITHOUT.keys() <= {(row["route"], row["method"]) for row in CONDITIONAL}


# Idempotency-Key


NOT_REPEATABLE = {
    "api-logout": "the second request comes from a device that is signed out, and is told so",
}
POSTS = [
    row
    for row in API_ROWS
    if row["method"] == "POST" and row["anonymous"] == "401" and row["route"] not in NOT_REPEATABLE
]


@pytest.mark.parametrize("row", POSTS, ids=lambda row: row["route"])
def test_each_post_of_a_person_is_done_once_under_its_key(row, cast, address, body, api):
    role = next(role for role in ("owner", "superadmin", "stranger") if row[role].startswith("2"))
    client, path, sent = api(cast[role]), address(row["route"]), body(row["route"])
    client.credentials(**client._credentials, HTTP_IDEMPOTENCY_KEY="one-and-the-same")

    def both():
        first = ask(client, row, lambda _: path, lambda _: sent)
        revisions = list(Event.objects.journal().values_list("pk", flat=True))
        second = ask(client, row, lambda _: path, lambda _: sent)
        other = ask(client, row, lambda _: path, lambda _: (sent or {}) | {"another": "body"})
        return first, second, other, revisions == list(Event.objects.journal().values_list("pk", flat=True))

    first, second, other, nothing_more = undone(both)

    assert first.status_code == int(row[role])
    assert [first.status_code, first.content] == [second.status_code, second.content]
    assert [first.get(name) for name in ("ETag", "Location")] == [second.get(name) for name in ("ETag", "Location")]
    assert nothing_more
    assert other.status_code == 422
    assert list(other.json()["fields"]) == ["Idempotency-Key"]


# API tokens


SCOPES_OF = {(row["route"], row["method"]): set(row["scope"].split("+")) for row in table(OPENS)}
KINDS = {scope: [scope] for scope in SCOPES} | {
    "all": list(SCOPES),
    "reading": ["todos:read", "projects:read"],
    "writing": ["todos:write", "projects:write"],
}


@pytest.fixture
def bearer(now):
    """Return the header of an API token with these scopes."""

    def bearer(person, scopes):
        made = create_token(actor=person, name="Script", scopes=scopes, now=now)
        return f"Bearer {made.secret}"

    return bearer


@pytest.fixture
def scoped(bearer):
    """Make an API client that brings such a token."""

    def scoped(person, scopes):
        client = APIClient()
        client.credentials(HTTP_AUTHORIZATION=bearer(person, scopes))
        return client

    return scoped


@pytest.mark.parametrize("row", table(API), ids=lambda row: f"{row['method']} {row['route']}")
def test_S14_a_token_opens_what_its_scope_names_and_nothing_else(row, owner, scoped, address, body):
    needed = SCOPES_OF.get((row["route"], row["method"]), {None})

    answers = {
        kind: told(undone(lambda scopes=scopes: ask(scoped(owner, scopes), row, address, body)))
        for kind, scopes in KINDS.items()
    }

    if len({row[role] for role in ROLES}) == 1:  # it asks nobody who they are, and a token changes nothing about it
        assert set(answers.values()) == {row["anonymous"]}
    else:
        assert answers == {kind: row["owner"] if needed <= set(scopes) else "403" for kind, scopes in KINDS.items()}


def test_every_scope_opens_something_that_exists():
    assert set().union(*SCOPES_OF.values()) == set(SCOPES)
    assert SCOPES_OF.keys() <= {(row["route"], row["method"]) for row in table(API)}


@pytest.mark.parametrize("row", table(PAGES), ids=lambda row: f"{row['method']} {row['route']}")
def test_S13_a_token_is_nobody_on_the_pages(row, owner, bearer, address, body):
    client = Client(headers={"Authorization": bearer(owner, SCOPES)})

    assert told(ask(client, row, address, body)) == row["anonymous"]


def test_S13_a_token_is_nobody_in_the_django_admin(superadmin, bearer):
    client = Client(headers={"Authorization": bearer(superadmin, SCOPES)})

    assert told(client.get("/admin/accounts/user/")) == "in" or client.get("/admin/")["Location"].startswith(
        "/admin/login/"
    )


def test_S14_a_superadmins_token_manages_nobody(superadmin, owner, scoped):
    client = scoped(superadmin, SCOPES)

    assert client.get("/api/v1/users/").status_code == 403
    assert client.patch(f"/api/v1/users/{owner.pk}/", {"role": "admin"}).status_code == 403
    assert client.post("/api/v1/auth/tokens/", {"name": "x", "scopes": ["account"]}).status_code == 403


def test_S02_ids_in_a_body_are_checked_by_the_person_behind_the_token(stranger, project, scoped):
    client = scoped(stranger, SCOPES)

    response = client.post("/api/v1/todos/", {"title": "Buy bread", "project": str(project.pk)})

    assert response.status_code == 404


def test_S15_the_token_of_a_person_who_is_switched_off_is_refused_at_once(owner, superadmin, scoped, now):
    client = scoped(owner, SCOPES)
    assert client.get("/api/v1/users/me/").status_code == 200

    edit_person(actor=superadmin, person_id=owner.pk, changes={"is_active": False}, now=now)

    assert client.get("/api/v1/users/me/").status_code == 401


# Django admin


SECRETS = {"sealed-secret", "public-key", "credential-id", "mail-data"}


@pytest.fixture
def kept_by_accounts(owner, now):
    """A row of each kind that belongs to a person or to their history, with `SECRETS` in what nobody may see."""
    key = {"credential_id": b"credential-id", "public_key": b"public-key"}
    used = {"created_at": now, "last_used_at": now}
    week = now + timedelta(days=7)
    return {
        "authenticator": Authenticator.objects.create(user=owner, secret="sealed-secret", created_at=now),
        "passkey": Passkey.objects.create(user=owner, name="Key", created_at=now, **key),
        "identity": Identity.objects.create(user=owner, provider="work", subject="42", **used),
        "deletion": Deletion.objects.create(user=owner, requested_at=now, purge_after=week),
        "invitation": Invitation.objects.create(email="new@example.org", created_at=now, expires_at=week),
        "mail": Mail.objects.create(template="notice", to=owner.email, data={"about": "mail-data"}, created_at=now),
        "batch": Batch.objects.create(number=1, leased_until=now),
        "erasure": Erasure.objects.create(scope="project:gone", asked_at=now, due_at=now),
    }


@pytest.fixture
def admin_doors(cast, api, todo, project, label, api_token, kept_by_accounts):
    """The path of each view of each model, as `(model, view)`."""
    rows = {"user": cast["owner"], "device": api(cast["owner"]).device, "event": Event.objects.journal().first()}
    rows |= {"todo": todo, "project": project, "label": label, "apitoken": api_token, **kept_by_accounts}
    doors = {}
    for model in django_admin.site._registry:
        for view in ("changelist", "add", "change", "delete", "history"):
            route = f"admin:{model._meta.app_label}_{model._meta.model_name}_{view}"
            needs = view not in ("changelist", "add")
            doors[model._meta.label_lower, view] = reverse(
                route, args=[rows[model._meta.model_name].pk] if needs else []
            )
    return doors


def test_a_superadmin_reads_everything_and_changes_accounts_alone(cast, admin_doors, pages):
    client = pages(cast["superadmin"])

    answers = {door: told(client.get(path)) for door, path in admin_doors.items()}

    expected = {(row["model"], view): row[view] for row in table(ADMIN) for view in row if view != "model"}
    assert answers == expected
    assert told(client.get("/admin/")) == "200"


def test_S31_the_django_admin_shows_no_secret(cast, admin_doors, api_token, pages):
    client, digests = pages(cast["superadmin"]), {api_token.digest, *User.objects.values_list("password", flat=True)}

    shown = "".join(client.get(path).text for path in admin_doors.values())

    assert api_token.prefix in shown
    assert not [secret for secret in SECRETS | digests if secret in shown]


@pytest.mark.parametrize("role", [role for role in ROLES if role != "superadmin"])
def test_nobody_else_enters_the_django_admin(role, cast, admin_doors, pages):
    client = pages(cast[role])
    own = ["/admin/", "/admin/accounts/", "/admin/password_change/", "/admin/jsi18n/", "/admin/no-such-page/"]

    answers = {path: client.get(path) for path in [*own, *admin_doors.values()]}

    assert {response.status_code for response in answers.values()} == {302}
    assert {urlsplit(response["Location"]).path for response in answers.values()} <= {"/admin/login/", "/login/"}


@pytest.mark.parametrize("role", [role for role in ROLES if role != "superadmin"])
def test_nobody_else_writes_through_the_django_admin(role, cast, pages):
    stranger = cast["stranger"]

    response = pages(cast[role]).post(
        f"/admin/accounts/user/{stranger.pk}/change/", {"role": "superadmin", "is_active": "on"}
    )

    stranger.refresh_from_db()
    assert response.status_code == 302
    assert stranger.role == "user"

"""An invitation into a project, as its mail leads there."""

from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts.policies import Actor
from accounts.web.links import follow_link, link_of
from config.errors import Invalid, NotFound
from config.http import PageRequest
from todos.models import ShareInvitation
from todos.services import share_invitations


@login_not_required
@never_cache
@require_safe
def invitation(request: HttpRequest, invitation_id: UUID) -> HttpResponse:
    """Show what somebody is invited to; signed in, they may answer it."""

    def find(digest: str) -> object:
        try:
            return _find(None, invitation_id, digest)
        except NotFound as error:
            raise Invalid.field("token", error.message) from None

    if answer := follow_link(request, find=find):
        return answer
    digest = link_of(request)
    person = request.user if request.user.is_authenticated else None
    if person is None and not digest:
        return redirect_to_login(request.path)
    found = _find(person, invitation_id, digest)
    context = {"invitation": found, "next": request.path, "registration": settings.REGISTRATION}
    return render(request, "todos/invitation.html", context)


def _find(person: Actor | None, invitation_id: UUID, digest: str) -> ShareInvitation:
    now = timezone.now()
    return share_invitations.waiting_for(actor=person, invitation_id=invitation_id, now=now, digest=digest)


@require_POST
def acceptance(request: PageRequest, invitation_id: UUID) -> HttpResponse:
    """Join the project."""
    project = share_invitations.accept(
        actor=request.user,
        invitation_id=invitation_id,
        now=timezone.now(),
        digest=_digest(request, invitation_id),
    )
    messages.success(request, f"You are in “{project.title}” now.")
    return redirect("project", project.pk)


@require_POST
def refusal(request: PageRequest, invitation_id: UUID) -> HttpResponse:
    """Turn the invitation down."""
    share_invitations.decline(
        actor=request.user,
        invitation_id=invitation_id,
        now=timezone.now(),
        digest=_digest(request, invitation_id),
    )
    messages.success(request, "The invitation is declined.")
    return redirect("start")


def _digest(request: HttpRequest, invitation_id: UUID) -> str:
    """Return the digest of the link that led to the invitation's page, or ""; it is used once."""
    return str(request.session.pop(f"link:{reverse('share-invitation', args=[invitation_id])}", ""))

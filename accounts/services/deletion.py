"""Leaving: asked for, taken back within the grace, carried out by the worker."""

import logging
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction

from accounts import events, policies
from accounts.models import Deletion, User
from accounts.policies import Actor
from accounts.registry import DELETE, Choices, Shared, estates
from accounts.services.commit import commit_user
from accounts.services.devices import end_devices
from accounts.services.mail import queue_mail, queue_notice
from activity.services.erasure import forget_person
from config.errors import Conflict, Invalid

logger = logging.getLogger(__name__)


def shared_by(user_id: UUID) -> list[Shared]:
    """Return what the person owns and others use, which each need a choice."""
    return [shared for estate in estates for shared in estate.shared(user_id)]


def deletion_of(user_id: UUID) -> Deletion | None:
    """Return the person's pending wish to leave."""
    found: Deletion | None = Deletion.objects.of(user_id).first()
    return found


@transaction.atomic
def request_deletion(*, actor: Actor, choices: Choices, now: datetime, keep: UUID | None = None) -> Deletion:
    """Delete one's own account once the grace is over.

    Until then the person may sign in and take it back; every device but `keep` ends now, and API
    tokens rest. Raises Invalid unless `choices` says of each shared thing what becomes of it,
    Conflict for the last superadmin and for who asked already.
    """
    user = policies.leaving_self(actor=actor)
    if deletion_of(user.pk):
        raise Conflict("Your account is to be deleted already. Take that back first.")
    deletion = Deletion.objects.create(
        user=user,
        requested_at=now,
        purge_after=now + settings.DELETION_GRACE,
        choices=_checked(choices, shared_by(user.pk)),
    )
    commit_user(user, verb=events.DELETION_REQUESTED, data={"purge_after": deletion.purge_after}, now=now)
    end_devices(user=user, now=now, keep=keep)
    day = deletion.purge_after.astimezone(ZoneInfo(user.time_zone))
    queue_notice(notice="deletion_requested", user=user, now=now, data={"date": f"{day.day} {day:%B %Y}"})
    return deletion


def _checked(choices: Choices, shared: list[Shared]) -> dict[str, str]:
    open_to = {str(item.id): {DELETE, *(str(heir.id) for heir in item.heirs)} for item in shared}
    for item in shared:
        if choices.get(str(item.id)) not in open_to[str(item.id)]:
            message = f"Choose who takes over “{item.title}”, or to delete it."
            raise Invalid(message, fields={"choices": [message]})
    if choices.keys() - open_to.keys():
        raise Invalid.field("choices", "There is a choice for something that is not shared, or not yours.")
    return dict(choices)


@transaction.atomic
def cancel_deletion(*, actor: Actor, now: datetime) -> None:
    """Keep one's account after all; with nothing to take back, nothing changes."""
    deletion = Deletion.objects.locked().of(actor.pk).first()
    if deletion is None:
        return
    _take_back(deletion, policies.locked_self(actor=actor), now)


def _take_back(deletion: Deletion, user: User, now: datetime) -> None:
    deletion.delete()
    commit_user(user, verb=events.DELETION_CANCELLED, data={}, now=now)
    queue_notice(notice="deletion_cancelled", user=user, now=now)


def sweep_due_deletions(now: datetime) -> int:
    """Delete the accounts whose grace is over, each in a transaction of its own; returns how many.

    One that fails leaves the others their turn, and is tried again by the next sweep.
    """
    count, failures = 0, []
    for user_id in Deletion.objects.due(now).values_list("pk", flat=True):
        try:
            count += purge_account(user_id=user_id, now=now)
        except Exception as error:  # raised below: the others must not wait for this one
            failures.append(error)
    if failures:
        raise failures[0]
    return count


def purge_account(*, user_id: UUID, now: datetime) -> bool:
    """Delete one account whose grace is over, and all that was the person's alone; False if it is not to go."""
    try:
        return _purge(user_id, now)
    except policies.LastSuperadmin:
        _keep(user_id, now)
        return False


@transaction.atomic
def _purge(user_id: UUID, now: datetime) -> bool:
    # Rows are locked as everywhere: the wish, then what is shared, then the person.
    deletion = Deletion.objects.claimable().due(now).select_related("user").filter(pk=user_id).first()
    if deletion is None:
        return False
    for estate in estates:
        estate.settle(deletion.user, deletion.choices, now)
    user = policies.leaving_person(person_id=user_id)
    end_devices(user=user, now=now)
    forget_person(user.pk, now=now)
    # Addressed to nobody's account: it must outlive this one.
    queue_mail(template="notice", to=user.email, data={"notice": "account_deleted"}, now=now)
    user.delete()
    logger.info("Account %s deleted", user_id)
    return True


@transaction.atomic
def _keep(user_id: UUID, now: datetime) -> None:
    """Take back a deletion that would leave nobody to run the place."""
    deletion = Deletion.objects.locked().of(user_id).first()
    if deletion is not None:
        _take_back(deletion, User.objects.locked().get(pk=user_id), now)

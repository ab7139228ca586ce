"""What an event keeps goes to the archive as the document it is."""

from datetime import date, time

from activity.models import Event
from activity.services.recording import Subject, record


def test_any_key_and_any_depth_comes_back_from_the_archive_as_it_went(archive, relay, owner, now):
    data = {
        "$set": {"a.b": [1, [2, [None, {"$": "", "": "."}]]]},
        "changes": {"recurrence": {"before": None, "after": {"lines": ["RRULE:FREQ=DAILY"], "interval": 1.5}}},
        "ids": [owner.pk, str(owner.pk)],
        "days": [date(2026, 3, 6), now, time(9)],
        "large": 2**53,
        "empty": [{}, [], "", False],
    }
    subject = Subject("user", owner.pk, "Owner")
    event = record(author=owner, scope="user:1", revision=1, verb="x.y", subject=subject, data=data, now=now)

    relay()

    written = Event.objects.journal().get(pk=event.pk).data
    assert archive().get(pk=event.pk).data == written
    assert written["days"] == ["2026-03-06", "2026-03-02T09:00:00Z", "09:00:00"]

"""Mail of other apps: they say what it says and whether anybody waits for it, accounts send it."""

from copy import deepcopy
from datetime import timedelta

import pytest
from django.db import connection

from accounts import registry
from accounts.models import Mail
from accounts.registry import Letter, in_mail
from accounts.services.mail import queue_mail, sweep_mail
from accounts.services.people import edit_person

pytestmark = pytest.mark.django_db


@pytest.fixture
def letter(settings, tmp_path, monkeypatch):
    """Register a kind of mail: it says what is in `letter["says"]`, nothing for None."""
    (tmp_path / "email").mkdir()
    (tmp_path / "email" / "nudge.txt").write_text("{{ name }}: {{ words }} ({{ host }}, {{ home_url }})")
    (tmp_path / "email" / "nudge.html").write_text("<p>{{ words }}</p>")
    settings.TEMPLATES = deepcopy(settings.TEMPLATES)
    settings.TEMPLATES[0]["DIRS"] = [tmp_path, *settings.TEMPLATES[0]["DIRS"]]
    monkeypatch.setitem(registry.letters, "nudge", None)  # gone again when the test ends
    letter = {"says": "Milk <b>"}

    def write(mail, user, now):
        letter["asked"] = (mail.data, user, now, len(connection.savepoint_ids))
        return Letter("A nudge\r\nBcc: evil@example.org", {"words": letter["says"]}) if letter["says"] else None

    in_mail("nudge", write)
    return letter


def test_another_app_says_what_its_mail_says(letter, owner, now, mailed):
    Mail.objects.all().delete()
    queue_mail(template="nudge", to=owner.email, user=owner, data={"todo": "1"}, now=now)
    key = Mail.objects.get().pk

    [message] = mailed(now)

    data, user, at, _ = letter["asked"]
    assert (data, user, at) == ({"todo": "1"}, owner, now)
    assert message.body == "Owner: Milk &lt;b&gt; (testserver, http://testserver/)"
    assert message.alternatives[0].content == "<p>Milk &lt;b&gt;</p>"
    assert message.subject == "A nudge Bcc: evil@example.org"
    assert message.message()["Message-ID"] == f"<{key}@testserver>"
    assert message.message()["Auto-Submitted"] == "auto-generated"
    assert not Mail.objects.exists()


def test_a_letter_that_nobody_waits_for_is_dropped(letter, owner, now, mailed):
    Mail.objects.all().delete()
    letter["says"] = None
    queue_mail(template="nudge", to=owner.email, user=owner, now=now)

    assert mailed(now) == []
    assert not Mail.objects.exists()


def test_a_letter_goes_to_the_address_that_its_person_has_by_then(letter, owner, now, mailed):
    Mail.objects.all().delete()
    queue_mail(template="nudge", to="before@example.org", user=owner, now=now)

    assert [message.to for message in mailed(now)] == [["owner@example.org"]]


def test_a_letter_to_an_address_needs_no_account(letter, now, mailed):
    queue_mail(template="nudge", to="new@example.org", now=now)

    [message] = mailed(now)

    assert message.to == ["new@example.org"]
    assert message.body.startswith(": Milk")


def test_S15_a_person_who_is_switched_off_gets_no_letter(letter, owner, superadmin, now, mailed):
    edit_person(actor=superadmin, person_id=owner.pk, changes={"is_active": False}, now=now)
    Mail.objects.all().delete()
    queue_mail(template="nudge", to=owner.email, user=owner, now=now)

    assert mailed(now) == []
    assert "asked" not in letter


def test_a_letter_is_written_anew_at_each_try_under_the_same_name(letter, owner, now, settings):
    Mail.objects.all().delete()
    settings.EMAIL_BACKEND = "accounts.tests.test_services_mail.AwayBackend"
    queue_mail(template="nudge", to=owner.email, user=owner, now=now)
    sweep_mail(now)
    first = letter.pop("asked")

    sweep_mail(now + timedelta(hours=1))

    assert letter["asked"][0] == first[0]
    assert Mail.objects.get().attempts == 2

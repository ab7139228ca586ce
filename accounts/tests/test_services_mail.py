"""The queue of mail, and the worker's rounds over it."""

import logging
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.core import mail
from django.db import connection, connections, transaction

from accounts.emails import KINDS, NOTICES
from accounts.models import Link, Mail, Role, User
from accounts.services import mail as queue
from accounts.services.email_addresses import request_email_change, request_verification
from accounts.services.links import digest_of
from accounts.services.mail import count_mail, queue_mail, queue_notice, sweep_mail, sweep_parked_mail
from accounts.services.passwords import request_reset
from accounts.services.people import change_access
from accounts.tests.smtp_peer import SmtpPeer
from config.errors import RateLimited

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)
AWAY = "accounts.tests.test_services_mail.AwayBackend"


class AwayBackend:
    """A server that takes no connection."""

    tried = 0

    def __init__(self, **options):
        pass

    def open(self):
        type(self).tried += 1
        raise ConnectionRefusedError(111, "Connection refused")

    def close(self):
        pass


@pytest.fixture
def smtp(settings):
    servers = []

    def smtp(**options):
        server = SmtpPeer(**options)
        server.start()
        servers.append(server)
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
        settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
        settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
        return server

    yield smtp
    for server in servers:
        server.listener.close()


# A round


def test_a_welcome_waits_for_the_worker_and_goes_out_once(owner, now):
    before = len(mail.outbox)

    counts = [sweep_mail(now), sweep_mail(now)]

    [message] = mail.outbox
    assert (before, counts) == (0, [1, 0])
    assert (message.to, message.subject) == (["owner@example.org"], "Welcome to Simple Todos")
    assert "Welcome, Owner" in message.body
    assert "Welcome, Owner" in message.alternatives[0].content
    assert not Mail.objects.exists()


def test_what_is_queued_goes_with_the_transaction_of_what_it_tells_of(owner, now, mailed):
    mailed(now)

    with transaction.atomic():
        queue_notice(notice="password_changed", user=owner, now=now)
        transaction.set_rollback(True)

    assert mailed(now) == []


def test_what_has_no_words_is_not_queued(owner, now):
    with pytest.raises(LookupError):
        queue_notice(notice="something_happened", user=owner, now=now)


def test_mail_is_sent_outside_any_transaction(register, now, settings):
    settings.EMAIL_BACKEND = "accounts.tests.test_services_mail.NosyBackend"
    NosyBackend.depth = None
    register("new")
    depth = len(connection.savepoint_ids)

    sweep_mail(now)

    assert NosyBackend.depth == depth


class NosyBackend:
    """Notes how many savepoints are open when it is asked to send."""

    depth = None

    def __init__(self, **options):
        pass

    def open(self):
        pass

    def send_messages(self, messages):
        type(self).depth = len(connection.savepoint_ids)
        return 1

    def close(self):
        pass


def test_a_round_is_one_connection_however_much_it_sends(smtp, register, now):
    server = smtp()
    for name in ("one", "two", "three"):
        register(name)

    assert sweep_mail(now) == 3

    assert (len(server.taken), server.connections) == (3, 1)


def test_an_idle_round_is_one_query(now, django_assert_num_queries):
    with django_assert_num_queries(1):
        sweep_mail(now)


# Trouble


def test_a_server_that_is_away_is_asked_once_a_round_and_later_again(register, now, settings, caplog):
    settings.EMAIL_BACKEND, AwayBackend.tried = AWAY, 0
    register("one")
    register("two")
    caplog.set_level(logging.WARNING, "accounts.services.mail")

    sent = sweep_mail(now)

    tried = Mail.objects.get(attempts=1)
    assert (sent, AwayBackend.tried) == (0, 1)
    assert tried.next_attempt_at == now + MINUTE
    assert "Connection refused" in tried.error
    assert Mail.objects.get(attempts=0).next_attempt_at == now
    assert "was not sent, try 1" in caplog.text
    assert "example.org" not in caplog.text


def test_mail_goes_out_when_the_server_is_back(register, now, settings):
    backend, settings.EMAIL_BACKEND = settings.EMAIL_BACKEND, AWAY
    register("new")
    sweep_mail(now)
    settings.EMAIL_BACKEND = backend

    counts = [sweep_mail(now + MINUTE / 2), sweep_mail(now + MINUTE)]

    assert counts == [0, 1]
    assert "Welcome, New" in mail.outbox[0].body


def test_each_failure_waits_longer_and_the_last_parks_the_mail(register, now, settings, caplog):
    settings.EMAIL_BACKEND = AWAY
    register("new")
    start, waits = now, []
    for _ in range(10):
        sweep_mail(now)
        due = Mail.objects.get().next_attempt_at
        waits.append((due - now) / MINUTE)
        now = due

    sweep_mail(now)

    parked = Mail.objects.get()
    assert waits == [1, 2, 5, 15, 60, 60, 60, 60, 60, 60]
    assert (parked.next_attempt_at, parked.attempts) == (None, 10)
    assert "Connection refused" in parked.error
    assert f"Mail {parked.pk} (welcome) is given up after 10 tries" in caplog.text
    assert sweep_mail(now + timedelta(days=1)) == 0
    assert sweep_parked_mail(start + timedelta(days=30)) == 0
    assert sweep_parked_mail(start + timedelta(days=31)) == 1


def test_a_refused_recipient_keeps_no_other_mail_waiting(smtp, register, now):
    server = smtp(refuses="nobody@")
    for name in ("nobody", "somebody"):
        register(name)

    sent = sweep_mail(now)

    refused = Mail.objects.get()
    assert (sent, len(server.taken)) == (1, 1)
    assert (refused.to, refused.next_attempt_at) == ("nobody@example.org", now + MINUTE)
    assert "550" in refused.error


def test_an_address_that_dns_cannot_hold_keeps_no_other_mail_waiting(smtp, owner, register, now):
    server = smtp()
    queue_notice(notice="password_changed", user=owner, now=now)
    Mail.objects.filter(template="notice").update(to="a@" + "ü" * 70 + ".example")

    assert sweep_mail(now) == 1

    assert len(server.taken) == 1
    assert Mail.objects.get().template == "notice"


def test_a_server_that_dies_before_it_answers_gets_the_same_mail_again(smtp, register, now):
    first = smtp(dies_after_data=True)
    register("new")
    sweep_mail(now)
    second = smtp()

    sent = sweep_mail(now + MINUTE)

    ids = [
        next(line for line in text.splitlines() if line.startswith("Message-ID")) for text in first.taken + second.taken
    ]
    assert sent == 1
    assert len(ids) == 2
    assert len(set(ids)) == 1


def test_a_worker_that_dies_at_a_mail_leaves_it_to_the_next(register, now, mailed):
    register("new")
    claimed = queue._claim(now)  # and then kill -9

    early, late = mailed(now + MINUTE / 2), mailed(now + MINUTE)

    assert claimed.attempts == 1
    assert early == []
    assert [message.to for message in late] == [["new@example.org"]]


def test_a_mail_that_fells_the_worker_each_time_is_given_up(register, now):
    register("new")
    for _ in range(10):
        now = queue._claim(now).next_attempt_at

    assert queue._claim(now).next_attempt_at is None


# What the message holds


def test_no_secret_rests_in_the_queue_nor_among_the_links(owner, now, token_of):
    waiting = Mail.objects.values_list("data", flat=True)
    assert list(waiting) == [{}]

    token = token_of(now=now)

    link = Link.objects.get()
    assert link.digest == digest_of(token)
    assert token not in str(vars(link))


def test_a_mail_names_itself_alike_at_each_try_and_wants_no_answer(owner, now, mailed):
    key = Mail.objects.get().pk

    [message] = mailed(now)

    sent = message.message()
    assert sent["Message-ID"] == f"<{key}@testserver>"
    assert sent["Auto-Submitted"] == "auto-generated"


@pytest.mark.parametrize("template", [name for name in KINDS if name not in ("notice", "invitation")])
def test_every_kind_of_mail_has_a_text_a_page_and_a_link(owner, now, mailed, template):
    Mail.objects.all().delete()
    to = "other@example.org" if template == "change_email" else owner.email
    queue_mail(template=template, to=to, user=owner, now=now)

    [message] = mailed(now)

    page = message.alternatives[0].content
    assert message.subject
    assert message.body.count("http://testserver/") == (2 if template == "welcome" else 1)
    assert "token=" in message.body
    assert "token=" in page
    assert "{" not in message.body
    assert "<script" not in page


@pytest.mark.parametrize("notice", NOTICES)
def test_every_notice_says_what_when_and_what_to_do(owner, now, mailed, notice):
    Mail.objects.all().delete()
    queue_notice(notice=notice, user=owner, now=now, data={"ip": "192.0.2.7", "device": "Firefox on Linux"})

    [message] = mailed(now)

    page = message.alternatives[0].content
    assert message.subject == NOTICES[notice].subject
    for text in (message.body, page):
        assert "2 March 2026, 09:00 (UTC)" in text
        assert "192.0.2.7" in text
        assert "Firefox on Linux" in text
        assert "token=" not in text


def test_S25_a_name_cannot_write_headers(register, admin, now, mailed):
    register("new", name="New\r\nBcc: evil@example.org\r\n\r\nBuy this")

    messages = [message.message() for message in mailed(now)]

    for message in messages:
        assert message["Bcc"] is None
        assert "\n" not in message["Subject"]


@pytest.mark.parametrize(
    "name", ["https://evil.example/win", "Win at evil.example", "www.evil.example", "win@evil.example", "t.co/x"]
)
def test_S26_a_name_that_a_program_could_make_a_link_of_stays_out(register, now, mailed, name):
    register("new", name=name)

    [message] = mailed(now)

    assert name not in message.body
    assert name not in message.alternatives[0].content
    assert message.body.startswith("Welcome\n")


def test_S26_a_name_is_text_in_the_page_of_a_mail(register, now, mailed):
    register("new", name="<b>Ann</b> & J.R. [x](y)".replace("</b>", "<b>"))

    [message] = mailed(now)

    assert "Welcome, <b>Ann<b> & J.R. [x](y)" in message.body
    assert "&lt;b&gt;Ann&lt;b&gt; &amp; J.R. [x](y)" in message.alternatives[0].content


# Mail that nobody waits for any more


def test_S15_a_closed_account_gets_no_link(owner, superadmin, now, mailed):
    Mail.objects.all().delete()
    for ask in (request_reset, request_verification):
        ask(email=owner.email, ip=None, now=now)
    request_email_change(actor=owner, email="new@example.org", ip=None, now=now)
    change_access(actor=superadmin, user_id=owner.pk, role=Role.USER, is_active=False, now=now)

    messages = mailed(now)

    assert not any("token=" in message.body for message in messages)
    assert not Link.objects.exists()


def test_a_link_to_an_address_that_was_left_meanwhile_is_not_sent(owner, now, mailed):
    mailed(now)
    request_reset(email=owner.email, ip=None, now=now)
    User.objects.filter(pk=owner.pk).update(email="new@example.org")

    assert mailed(now) == []
    assert not Mail.objects.exists()


@pytest.mark.parametrize("ask", [request_reset, request_verification])
def test_S22_an_unknown_address_costs_the_request_what_a_known_one_does(
    owner, now, mailed, ask, django_assert_num_queries
):
    mailed(now)
    rows = []
    for email in (owner.email, "nobody@example.org"):
        with django_assert_num_queries(1):
            answer = ask(email=email, ip="192.0.2.1", now=now)
        rows.append((answer, *Mail.objects.filter(to=email).values_list("template", "user", "data").get()))

    messages = mailed(now)

    assert rows[0] == rows[1]
    assert [message.to for message in messages] == [[owner.email]]
    assert not Mail.objects.exists()


def test_a_stranger_makes_us_send_few_mails(now):
    for _ in range(5):
        count_mail(to="owner@example.org", ip="192.0.2.1")

    with pytest.raises(RateLimited):
        count_mail(to="Owner@example.org ", ip="192.0.2.2")
    for place in range(25):
        count_mail(to=f"{place}@example.org", ip="192.0.2.1")
    with pytest.raises(RateLimited):
        count_mail(to="new@example.org", ip="192.0.2.1")


# Several workers, where two transactions can be open at once


@pytest.mark.servers
@pytest.mark.django_db(transaction=True)
def test_workers_side_by_side_send_each_mail_once(smtp, register, now):
    if connection.vendor != "postgresql":
        pytest.skip("needs DATABASE_URL: SQLite lets one transaction in at a time")
    for number in range(12):
        register(f"person{number}")
    server = smtp()

    def work(_):
        try:
            return sweep_mail(now)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        counts = list(pool.map(work, range(4)))

    assert sum(counts) == 12
    assert len(server.taken) == 12
    assert not Mail.objects.exists()

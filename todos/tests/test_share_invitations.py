"""Asking people into a project: who is told what, who may answer, and when it ends."""

import re
from datetime import timedelta
from html import unescape

import pytest
from django.core import mail
from django.utils import timezone

from accounts.models import Mail, User
from accounts.services.mail import sweep_mail
from activity.models import Event
from config.errors import Conflict, Forbidden, NotFound, RateLimited
from todos.models import Membership, Notification, Project, ShareInvitation
from todos.services.projects import archive_project, create_project, update_project
from todos.services.share_invitations import LIFE, accept, decline, invite, sweep_expired_invitations, withdraw
from todos.services.sharing import hand_over
from todos.tests.test_api_queries import STORE

pytestmark = pytest.mark.django_db
ADDRESS = "guest@example.org"


@pytest.fixture
def now():
    return timezone.now()  # pages and the API look at the clock


@pytest.fixture
def ask(owner, project, now):
    """Invite an address into the owner's project: `ask("guest@example.org", role="editor")`."""

    def ask(email=ADDRESS, *, role="viewer", into=project, at=now):
        return invite(actor=owner, project_id=into.pk, email=email, role=role, now=at)

    return ask


@pytest.fixture
def guest(register, now):
    """Return somebody with the invited address, proven to be theirs."""
    user = register("guest")
    User.objects.filter(pk=user.pk).update(email_verified_at=now)
    user.refresh_from_db()
    return user


@pytest.fixture
def link_in():
    """Let the worker send, and return where the link in the one invitation leads."""

    def link_in(now):
        before = len(mail.outbox)
        sweep_mail(now)
        [message] = [sent for sent in mail.outbox[before:] if "/invitations/" in sent.body]
        return re.search(r"http://testserver(/invitations/\S+)", message.body)[1]

    return link_in


def role_of(person, project):
    found = Membership.objects.filter(project=project, user=person).first()
    return found.role if found else None


# Asking


def test_who_is_asked_gets_a_mail_with_a_link_of_which_only_the_hash_is_kept(ask, now, mailed):
    invitation = ask()

    [message] = [sent for sent in mailed(now) if sent.to == [ADDRESS]]

    token = re.search(r"token=([\w-]{43})", message.body)[1]
    invitation.refresh_from_db()
    assert message.subject == "Owner invites you to a project"
    assert "“Home”" in message.body
    assert token in message.alternatives[0].content
    assert len(invitation.digest) == 64
    assert token not in str(vars(invitation))
    assert invitation.expires_at == now + LIFE


def test_S31_the_queue_holds_no_secret(ask):
    invitation = ask()

    waiting = Mail.objects.get(template="share_invitation")

    assert waiting.data == {"invitation": str(invitation.pk)}


def test_the_answer_is_the_same_whether_there_is_an_account(api, owner, project, guest, ask):
    client, path = api(owner), f"/api/v1/projects/{project.pk}/invitations/"

    known = client.post(path, {"email": ADDRESS, "role": "viewer"})
    unknown = client.post(path, {"email": "nobody@example.org", "role": "viewer"})

    own = {"id", "email", "created_at", "expires_at"}
    assert (known.status_code, unknown.status_code) == (201, 201)
    assert {**known.json(), **dict.fromkeys(own)} == {**unknown.json(), **dict.fromkeys(own)}


def test_whoever_has_an_account_is_told_in_the_app_too(ask, guest, owner):
    invitation = ask()

    line = Notification.objects.get(user=guest)

    assert (line.kind, line.actor_id, line.project_id) == ("invitation", owner.pk, None)
    assert line.data == {"invitation": str(invitation.pk), "project_title": "Home", "role": "viewer"}


def test_an_address_that_nobody_has_proven_is_told_by_mail_alone(ask, register):
    unproven = register("guest")

    ask()

    assert not Notification.objects.filter(user=unproven).exists()
    assert Mail.objects.filter(template="share_invitation").exists()


def test_S12_history_names_no_address(ask, project, viewer, api, owner, now):
    invitation = ask()
    withdraw(actor=owner, project_id=project.pk, invitation_id=invitation.pk, now=now)

    shown = api(viewer).get("/api/v1/activity/").text

    assert "invited somebody" in shown
    assert ADDRESS not in shown
    assert not Event.objects.journal().filter(data__icontains=ADDRESS).exists()


def test_asking_again_replaces_what_was_asked_before(ask, now, mailed, guest):
    first = ask(role="viewer")
    second = ask("Guest@Example.org", role="editor")

    messages = [sent for sent in mailed(now) if sent.to == [ADDRESS] and "/invitations/" in sent.body]

    assert list(ShareInvitation.objects.values_list("pk", "role")) == [(second.pk, "editor")]
    assert len(messages) == 1
    assert str(second.pk) in messages[0].body
    assert Notification.objects.filter(user=guest).count() == 1
    with pytest.raises(NotFound):
        accept(actor=guest, invitation_id=first.pk, now=now)


def test_a_member_is_not_asked(ask, viewer):
    with pytest.raises(Conflict) as refused:
        ask(viewer.email)

    assert "email" in refused.value.fields


def test_only_the_owner_asks(project, editor, viewer, stranger, now):
    for actor, error in ((editor, Forbidden), (viewer, Forbidden), (stranger, NotFound)):
        with pytest.raises(error):
            invite(actor=actor, project_id=project.pk, email=ADDRESS, role="viewer", now=now)


def test_nobody_is_asked_into_an_inbox_or_an_archive(owner, project, ask, now):
    inbox = Project.objects.get(owner=owner, is_inbox=True)
    archive_project(actor=owner, project_id=project.pk, now=now)

    with pytest.raises(Forbidden):
        ask(into=inbox)
    with pytest.raises(Conflict):
        ask()


def test_an_address_gets_only_so_many_mails(ask):
    for _ in range(5):
        ask()

    with pytest.raises(RateLimited):
        ask()


def test_a_stranger_spends_nobodys_mails(stranger, project, ask, now):
    for _ in range(6):
        with pytest.raises(NotFound):
            invite(actor=stranger, project_id=project.pk, email=ADDRESS, role="viewer", now=now)

    assert ask().pk


def test_S25_a_title_cannot_write_headers(owner, project, ask, now, mailed):
    update_project(actor=owner, project_id=project.pk, values={"title": "Home\r\nBcc: evil@example.org"}, now=now)
    User.objects.filter(pk=owner.pk).update(name="Owner\r\nBcc: evil@example.org")
    ask()

    [message] = [sent for sent in mailed(now) if sent.to == [ADDRESS]]

    sent = message.message()
    assert sent["Bcc"] is None
    assert "\n" not in sent["Subject"]
    assert "evil" not in message.body


@pytest.mark.parametrize("words", ["https://evil.example/win", "Win at evil.example", "<a href=//evil.example>x</a>"])
def test_S26_a_title_or_a_name_that_could_be_a_link_stays_out(owner, project, ask, now, mailed, words):
    update_project(actor=owner, project_id=project.pk, values={"title": words}, now=now)
    User.objects.filter(pk=owner.pk).update(name=words)
    ask()

    [message] = [sent for sent in mailed(now) if sent.to == [ADDRESS]]

    shown = unescape(message.body + message.alternatives[0].content + message.subject)
    assert "evil" not in shown
    assert "Somebody invites you to a project" in shown


# Answering


def test_who_has_the_proven_address_finds_it_and_joins(ask, guest, project, api):
    invitation = ask(role="editor")
    client = api(guest)

    [offer] = client.get("/api/v1/share-invitations/").json()["results"]
    response = client.post(f"/api/v1/share-invitations/{offer['id']}/acceptance/")

    assert offer["id"] == str(invitation.pk)
    assert (offer["project_title"], offer["invited_by"], offer["role"]) == ("Home", "Owner", "editor")
    assert (response.status_code, response.json()["role"]) == (200, "editor")
    assert role_of(guest, project) == "editor"
    assert not ShareInvitation.objects.exists()
    assert not Notification.objects.filter(user=guest).exists()


def test_joining_is_said_once_and_told_to_the_owner(ask, guest, owner, project, now, assert_gapless):
    accept(actor=guest, invitation_id=ask().pk, now=now)

    event = Event.objects.journal().in_scopes([project.scope]).order_by("-revision").first()
    assert (event.verb, event.actor_id) == ("project.joined", guest.pk)
    assert event.data["members"] == {str(guest.pk): {"before": None, "after": "viewer"}}
    assert_gapless(project)
    assert Notification.objects.get(user=owner).kind == "invitation_accepted"


def test_joining_opens_what_is_below(ask, guest, owner, project, now):
    below = create_project(actor=owner, title="Garden", parent=project.pk, now=now)

    accept(actor=guest, invitation_id=ask(role="editor").pk, now=now)

    assert role_of(guest, below) == "editor"


def test_joining_takes_no_higher_role_away(ask, guest, owner, project, now):
    below = create_project(actor=owner, title="Garden", parent=project.pk, now=now)
    invitation = ask(into=below, role="viewer")
    accept(actor=guest, invitation_id=ask(role="editor").pk, now=now)

    accept(actor=guest, invitation_id=invitation.pk, now=now)

    assert role_of(guest, below) == "editor"


def test_an_unproven_address_finds_nothing(ask, register, api, now):
    invitation, unproven = ask(), register("guest")

    assert api(unproven).get("/api/v1/share-invitations/").json()["results"] == []
    with pytest.raises(NotFound):
        accept(actor=unproven, invitation_id=invitation.pk, now=now)


def test_whoever_has_the_mailed_token_may_join_with_another_address(ask, stranger, project, api, now, link_in):
    invitation = ask()
    token = link_in(now).partition("token=")[2]
    client, path = api(stranger), f"/api/v1/share-invitations/{invitation.pk}/acceptance/"

    assert client.post(path).status_code == 404
    assert client.post(path, {"token": "wrong"}).status_code == 404
    assert client.post(path, {"token": token}).status_code == 200
    assert role_of(stranger, project) == "viewer"


def test_an_invitation_that_was_never_mailed_has_no_token(ask, stranger, now):
    invitation = ask()

    with pytest.raises(NotFound):
        accept(actor=stranger, invitation_id=invitation.pk, now=now, digest="")


def test_S13_other_tokens_open_no_invitation(ask, stranger, api, now, link_in):
    invitation = ask()
    link_in(now)
    invitation.refresh_from_db()

    answers = [
        api(stranger).post(f"/api/v1/share-invitations/{invitation.pk}/acceptance/", {"token": token}).status_code
        for token in ("st_" + "x" * 43, "pl_" + "x" * 43, invitation.digest)
    ]

    assert answers == [404, 404, 404]


def test_declining_ends_it(ask, guest, project, now, recorded):
    invitation = ask()

    decline(actor=guest, invitation_id=invitation.pk, now=now)

    assert role_of(guest, project) is None
    assert not ShareInvitation.objects.exists()
    assert recorded(project)[-1] == "project.invitation_declined"


def test_withdrawing_ends_it_with_what_told_of_it(ask, guest, owner, project, now, mailed):
    invitation = ask()

    withdraw(actor=owner, project_id=project.pk, invitation_id=invitation.pk, now=now)

    assert not Notification.objects.filter(user=guest).exists()
    assert not [sent for sent in mailed(now) if "/invitations/" in sent.body]
    with pytest.raises(NotFound):
        accept(actor=guest, invitation_id=invitation.pk, now=now)


def test_an_invitation_runs_out(ask, guest, now):
    invitation = ask()

    with pytest.raises(NotFound):
        accept(actor=guest, invitation_id=invitation.pk, now=now + LIFE)
    assert (sweep_expired_invitations(now + LIFE - timedelta(seconds=1)), sweep_expired_invitations(now + LIFE)) == (
        0,
        1,
    )


def test_S11_the_word_of_somebody_who_owns_the_project_no_more_is_dead(ask, guest, owner, editor, project, now):
    invitation = ask()
    kept = ShareInvitation.objects.get(pk=invitation.pk)
    hand_over(actor=owner, project_id=project.pk, user_id=editor.pk, now=now)
    kept.save(force_insert=True)  # as if one had been left over

    with pytest.raises(NotFound):
        accept(actor=guest, invitation_id=invitation.pk, now=now)


def test_S15_the_invitation_of_somebody_who_is_switched_off_is_dead(ask, guest, owner, now, mailed):
    invitation = ask()
    User.objects.filter(pk=owner.pk).update(is_active=False)

    assert not [sent for sent in mailed(now) if "/invitations/" in sent.body]
    with pytest.raises(NotFound):
        accept(actor=guest, invitation_id=invitation.pk, now=now)


def test_S01_an_invitation_is_withdrawn_in_its_own_project_alone(ask, owner, work, now):
    invitation = ask()

    with pytest.raises(NotFound):
        withdraw(actor=owner, project_id=work.pk, invitation_id=invitation.pk, now=now)


def test_S07_members_neither_see_nor_end_invitations(ask, project, editor, viewer, api):
    path = f"/api/v1/projects/{project.pk}/invitations/"
    invitation = ask()

    for person in (editor, viewer):
        client = api(person)
        assert client.get(path).status_code == 403
        assert client.delete(f"{path}{invitation.pk}/").status_code == 403
    assert ShareInvitation.objects.exists()


def test_S10_an_invitation_makes_nobody_an_owner(api, owner, project):
    path = f"/api/v1/projects/{project.pk}/invitations/"

    refused = api(owner).post(path, {"email": ADDRESS, "role": "owner"})
    made = api(owner).post(
        path, {"email": ADDRESS, "invited_by": "x", "expires_at": "2099-01-01T00:00:00Z", "digest": "d"}
    )

    assert refused.status_code == 422
    assert made.json()["role"] == "viewer"
    assert made.json()["expires_at"] < "2090"
    assert ShareInvitation.objects.get().digest == ""


# The page


def test_the_mail_leads_a_signed_in_person_to_a_page_that_joins_without_javascript(
    ask, guest, project, pages, now, link_in
):
    ask(role="editor")
    client, address = pages(guest), link_in(now)

    page = client.get(address, follow=True)
    answer = client.post(page.redirect_chain[-1][0] + "acceptance/", follow=True)

    assert "token" not in page.redirect_chain[-1][0]
    assert "<strong>Home</strong>" in page.text
    assert page["Cache-Control"].startswith("max-age=0, no-cache, no-store")
    assert answer.redirect_chain[-1][0] == f"/projects/{project.pk}/"
    assert "You are in “Home” now." in answer.text
    assert role_of(guest, project) == "editor"


def test_a_person_without_an_account_registers_and_then_joins(ask, project, pages, now, link_in):
    ask()
    client, page = pages(), link_in(now)

    landing = client.get(page, follow=True)
    address = landing.redirect_chain[-1][0]
    signed_up = {"name": "Guest", "email": ADDRESS, "password": "correct horse battery", "next": address}
    arrived = client.post("/register/", signed_up, follow=True)
    client.post(f"{address}acceptance/")

    assert f'href="/register/?next={address}"' in landing.text
    assert "Sign in to answer" in landing.text
    assert arrived.redirect_chain[-1][0] == address
    assert "<strong>Home</strong>" in arrived.text
    assert role_of(User.objects.get(email=ADDRESS), project) == "viewer"


@pytest.mark.parametrize("registration", ["invite", "closed"])
def test_where_nobody_may_register_the_page_offers_no_account(ask, pages, now, link_in, settings, registration):
    settings.REGISTRATION = registration
    ask()

    page = pages().get(link_in(now), follow=True)

    assert "/register/" not in page.text
    assert "Sign in to answer" in page.text


def test_declining_on_the_page_ends_it(ask, guest, pages, now, link_in):
    invitation = ask()
    client = pages(guest)
    client.get(link_in(now))

    answer = client.post(f"/invitations/{invitation.pk}/refusal/", follow=True)

    assert "The invitation is declined." in answer.text
    assert not ShareInvitation.objects.exists()


def test_looking_spends_nothing(ask, pages, now, link_in):
    ask()
    address = link_in(now)

    answers = [pages().get(address, follow=True).status_code for _ in range(3)]

    assert answers == [200, 200, 200]


def test_a_dead_link_says_so_and_is_counted(ask, owner, project, pages, now, link_in):
    invitation = ask()
    address = link_in(now)
    withdraw(actor=owner, project_id=project.pk, invitation_id=invitation.pk, now=now)

    answers = [pages().get(address) for _ in range(21)]

    assert "This link leads nowhere" in answers[0].text
    assert [answer.status_code for answer in answers] == [422] * 20 + [429]


def test_S23_a_title_is_text_on_the_page(ask, owner, project, guest, pages, now):
    update_project(actor=owner, project_id=project.pk, values={"title": "<script>alert(1)</script>"}, now=now)
    invitation = ask()

    page = pages(guest).get(f"/invitations/{invitation.pk}/").text

    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page


# Lists


def test_the_lists_cost_the_same_at_any_length(ask, guest, owner, project, api, now, django_assert_num_queries, work):
    path = f"/api/v1/projects/{project.pk}/invitations/"
    member, client = api(owner), api(guest)
    ask()
    with django_assert_num_queries(STORE + 2):
        member.get(path)
    with django_assert_num_queries(STORE + 1):
        client.get("/api/v1/share-invitations/")

    for index in range(4):
        ask(f"guest{index}@example.org")
        ask(into=create_project(actor=owner, title=f"P{index}", now=now))

    with django_assert_num_queries(STORE + 2):
        assert len(member.get(path).json()["results"]) == 5
    with django_assert_num_queries(STORE + 1):
        assert len(client.get("/api/v1/share-invitations/").json()["results"]) == 5

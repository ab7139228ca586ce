"""Signing in over a provider: what an answer must prove, whose account it opens, and what is refused."""

import base64
import hmac
import json
import logging
from urllib.parse import parse_qs, urlsplit

import pytest
from django.core.cache import cache
from joserfc.jwk import RSAKey

from accounts import oidc
from accounts.limits import PROVIDER
from accounts.models import Identity, Mail, User
from accounts.oidc.flow import TIME_TO_RETURN
from accounts.tests.openid import OpenIdProvider
from todos.models import Project

UNCHECKED = "That sign-in with Company could not be checked. Nothing was changed; start again."
AWAY = "Company does not answer as it should just now. Try again, or sign in another way."


@pytest.fixture(scope="module")
def server():
    running = OpenIdProvider()
    yield running
    running.close()


@pytest.fixture
def provider(server, settings, db):
    """A good provider, configured as `company`; what one test bends is straight for the next."""
    straight = dict(vars(server))
    for name in ("description", "claims", "userinfo", "answers", "codes"):
        setattr(server, name, dict(straight[name]))
    server.asked = []
    server.claims = {"email": "mara@example.org", "email_verified": True, "name": "Mara Lindqvist"}
    settings.OIDC_PROVIDERS = {"company": server.settings()}
    settings.OUTGOING_ALLOWED_HOSTS = [server.issuer.removeprefix("http://")]
    cache.clear()
    yield server
    vars(server).update(straight)
    cache.clear()


@pytest.fixture
def mara(register, now):
    """Somebody with a password, who has confirmed the address that the provider knows them by."""
    user = register("mara")
    user.email_verified_at = now
    user.save()
    return user


def leave(client, path="/login/company/", **data):
    """Return where the page leads that a person leaves by."""
    response = client.post(path, data)
    assert response.status_code == 200, response["Location"]
    return response.context["url"]


def come_back(client, provider, path="/login/company/", data=None, **changes):
    return client.get(provider.sign_in(leave(client, path, **(data or {})), **changes))


def said(client) -> list[str]:
    return [str(message) for message in client.get("/login/", follow=True).context["messages"]]


def is_in(client) -> bool:
    return client.get("/settings/").status_code == 200


def refuses(client, response, sentence=UNCHECKED) -> bool:
    found = (response.status_code, urlsplit(response["Location"]).path, said(client), is_in(client))
    assert found == (302, "/login/", [sentence], False)
    return True


# The way there


def test_the_login_page_offers_each_provider(provider, settings, pages):
    settings.OIDC_PROVIDERS["other"] = provider.settings(label="Another one")

    page = pages().get("/login/?next=/inbox/").text

    assert page.count("Continue with Company") == page.count("Continue with Another one") == 1
    assert 'action="/login/company/"' in page


def test_without_a_provider_nothing_is_offered(pages):
    assert "Continue with" not in pages().get("/login/").text
    assert pages().post("/login/company/").status_code == 404


def test_S21_a_browser_leaves_with_state_nonce_and_pkce(provider, pages):
    first, second = (parse_qs(urlsplit(leave(pages())).query) for _ in range(2))

    assert first["response_type"] == ["code"]
    assert first["code_challenge_method"] == ["S256"]
    assert first["redirect_uri"] == ["http://testserver/login/company/callback/"]
    assert first["scope"] == ["openid email profile"]
    assert "s3cret" not in str(first)
    for name in ("state", "nonce", "code_challenge"):
        assert len(first[name][0]) >= 43
        assert first[name] != second[name]


def test_S21_the_page_leads_on_without_a_redirect_that_our_policy_would_stop(provider, pages):
    response = pages().post("/login/company/")

    assert (response.status_code, "no-store" in response["Cache-Control"]) == (200, True)
    assert f'<meta http-equiv="refresh" content="0; url={provider.issuer}/authorize?' in response.text


def test_the_redirect_address_is_ours_whatever_host_was_asked(provider, pages):
    address = pages().post("/login/company/", headers={"host": "localhost"}).context["url"]

    assert parse_qs(urlsplit(address).query)["redirect_uri"] == ["http://testserver/login/company/callback/"]


def test_a_providers_description_and_keys_are_asked_for_once(provider, pages, mara):
    for _ in range(3):
        come_back(pages(), provider)

    assert provider.asked.count("/.well-known/openid-configuration") == 1
    assert provider.asked.count("/keys") == 1


def test_S22_one_address_begins_only_so_many_sign_ins(provider, pages):
    client = pages()
    for _ in range(PROVIDER.count):
        leave(client)

    response = client.post("/login/company/")

    assert (response.status_code, is_in(client)) == (429, False)
    assert int(response["Retry-After"]) >= 1
    assert "Too many tries. Wait a little, then try again." in response.text


# Who comes in


def test_S21_a_proven_address_on_both_sides_links_the_account(provider, pages, mara, recorded):
    client = pages()

    response = come_back(client, provider, data={"next": "/inbox/"})

    identity = Identity.objects.get()
    assert response["Location"] == "/inbox/"
    assert (identity.user, identity.provider, identity.subject) == (mara, "company", "mara")
    assert is_in(client)
    assert recorded(identity) == ["identity.linked"]
    assert Mail.objects.filter(user=mara, template="notice").get().data == {
        "notice": "identity_linked",
        "about": "Company",
    }


def test_a_linked_account_opens_whatever_address_it_has_now(provider, pages, mara):
    come_back(pages(), provider)
    provider.claims |= {"email": "else@example.org", "email_verified": False}
    client = pages()

    come_back(client, provider)

    assert client.get("/settings/").context["user"] == mara
    assert Identity.objects.get().email == "else@example.org"


def test_S21_an_address_that_nobody_confirmed_here_is_not_linked(provider, pages, register):
    register("mara")  # by somebody who waits for the real Mara, say
    client = pages()

    response = come_back(client, provider)

    assert response.status_code == 302
    assert "nobody has confirmed the address yet" in said(client)[0]
    assert not is_in(client)
    assert not Identity.objects.exists()


@pytest.mark.parametrize("verified", [False, None, "true", 1])
def test_S21_an_address_that_the_provider_does_not_vouch_for_links_nothing(provider, pages, mara, verified):
    provider.claims["email_verified"] = verified
    client = pages()

    come_back(client, provider)

    assert "does not say that your e-mail address is yours" in said(client)[0]
    assert not is_in(client)
    assert not Identity.objects.exists()


@pytest.mark.parametrize("address", ["", None, "mara", "mara@example.org\nBcc: all@example.org", ["mara@example.org"]])
def test_S25_what_is_no_address_makes_no_account(provider, pages, settings, address):
    settings.REGISTRATION = "open"
    provider.claims["email"] = address

    come_back(pages(), provider)

    assert not User.objects.exists()


def test_S25_a_name_is_one_line(provider, pages, settings):
    settings.REGISTRATION = "open"
    provider.claims["name"] = " Mara\r\nBcc: all@example.org "

    come_back(pages(), provider)

    assert User.objects.get().name == "Mara Bcc: all@example.org"


def test_S21_an_address_in_another_case_is_the_same(provider, pages, mara):
    provider.claims["email"] = "MARA@Example.org"
    client = pages()

    come_back(client, provider)

    assert client.get("/settings/").context["user"] == mara


def test_somebody_new_gets_an_account_with_a_proven_address_and_no_password(provider, pages, settings):
    settings.REGISTRATION = "open"
    client = pages()

    come_back(client, provider)

    user = User.objects.get()
    assert (user.email, user.name, user.role) == ("mara@example.org", "Mara Lindqvist", "user")
    assert user.email_verified_at is not None
    assert not user.has_usable_password()
    assert Project.objects.inbox_of(user.pk).exists()
    assert is_in(client)


@pytest.mark.parametrize(("registration", "sentence"), [("invite", "invitation"), ("closed", "no new people")])
def test_nobody_new_comes_in_where_nobody_may(provider, pages, settings, registration, sentence):
    settings.REGISTRATION = registration
    client = pages()

    come_back(client, provider)

    assert sentence in said(client)[0]
    assert not User.objects.exists()


def test_an_invitation_for_the_address_lets_in_and_is_spent(provider, pages, settings, admin, now):
    from accounts.models import Invitation
    from accounts.services.invitations import invite_person

    settings.REGISTRATION = "invite"
    invite_person(actor=admin, email="mara@example.org", role="admin", now=now)
    Invitation.objects.update(expires_at="2100-01-01T00:00Z")
    client = pages()

    come_back(client, provider)

    assert User.objects.get(email="mara@example.org").role == "admin"
    assert not Invitation.objects.exists()


def test_S15_a_closed_account_stays_closed(provider, pages, mara):
    come_back(pages(), provider)
    User.objects.update(is_active=False)
    client = pages()

    response = come_back(client, provider)

    assert refuses(client, response, "This account is closed.")


def test_S15_a_closed_account_is_not_linked_either(provider, pages, mara):
    User.objects.update(is_active=False)
    client = pages()

    response = come_back(client, provider)

    assert refuses(client, response, "This account is closed.")
    assert not Identity.objects.exists()


def test_S20_the_second_step_is_asked_for_all_the_same(provider, pages, mara, totp):
    totp(mara)
    client = pages()

    response = come_back(client, provider, data={"next": "/inbox/"})

    assert response["Location"] == "/login/second-step/?next=%2Finbox%2F"
    assert not is_in(client)


@pytest.fixture
def totp():
    """Give a person an authenticator app."""
    from accounts.models import Authenticator

    def totp(user):
        from django.utils import timezone

        Authenticator.objects.create(user=user, secret="x", created_at=timezone.now(), confirmed_at=timezone.now())

    return totp


def test_an_address_that_only_the_userinfo_tells_counts(provider, pages, mara):
    provider.userinfo = {"sub": "mara", **provider.claims}
    provider.claims = {}
    client = pages()

    come_back(client, provider)

    assert is_in(client)


def test_S21_userinfo_of_somebody_else_does_not_count(provider, pages, mara):
    provider.userinfo = {"sub": "another", **provider.claims}
    provider.claims = {}
    client = pages()

    come_back(client, provider)

    assert not is_in(client)


# Open redirects


@pytest.mark.parametrize(
    "target", ["https://evil.example.org/", "//evil.example.org", "/\\evil.example.org", "javascript:1"]
)
def test_S21_nobody_is_led_off_this_site_afterwards(provider, pages, mara, target):
    response = come_back(pages(), provider, data={"next": target})

    assert response["Location"] == "/"


# What an answer must prove


def test_S21_a_wrong_state_is_refused(provider, pages, mara):
    client = pages()

    assert refuses(client, come_back(client, provider, state="another"))
    assert "/token" not in provider.asked


def test_S21_a_missing_state_is_refused(provider, pages, mara):
    client = pages()

    assert refuses(client, come_back(client, provider, state=""))


def test_S21_an_answer_that_another_browser_began_is_refused(provider, pages, mara):
    theirs, mine = pages(), pages()
    path = provider.sign_in(leave(theirs))

    assert refuses(mine, mine.get(path))


def test_S21_an_answer_counts_once(provider, pages, mara):
    client = pages()
    path = provider.sign_in(leave(client))
    client.get(path)
    client.post("/logout/")

    assert refuses(client, client.get(path))


def test_S21_a_code_that_the_provider_has_seen_before_is_refused(provider, pages, mara):
    client = pages()
    path = provider.sign_in(leave(client))
    provider.codes.clear()

    assert refuses(client, client.get(path))


def test_S21_who_comes_back_too_late_starts_again(provider, pages, mara):
    client = pages()
    path = provider.sign_in(leave(client))
    session = client.session
    session["oidc"] = session["oidc"] | {"at": session["oidc"]["at"] - TIME_TO_RETURN - 1}
    session.save()

    assert refuses(client, client.get(path))


def test_S21_a_code_without_its_pkce_verifier_is_refused(provider, pages, mara):
    client = pages()
    path = provider.sign_in(leave(client))
    session = client.session
    session["oidc"] = session["oidc"] | {"verifier": "another-" * 8}
    session.save()

    assert refuses(client, client.get(path))


def test_S21_the_answer_of_one_provider_is_not_that_of_another(provider, settings, pages, mara):
    settings.OIDC_PROVIDERS["other"] = provider.settings(label="Other")
    client = pages()
    path = provider.sign_in(leave(client)).replace("/company/", "/other/")

    assert refuses(client, client.get(path), UNCHECKED.replace("Company", "Other"))
    assert "/token" not in provider.asked


def test_S21_an_issuer_that_is_named_must_be_the_one_that_was_asked(provider, pages, mara):
    client = pages()

    assert refuses(client, come_back(client, provider, iss="https://evil.example.org"))
    assert "/token" not in provider.asked


def test_S21_a_provider_that_names_its_issuer_must_do_so(provider, pages, mara):
    provider.description["authorization_response_iss_parameter_supported"] = True
    client = pages()

    assert refuses(client, come_back(client, provider))


def test_S21_the_right_issuer_is_fine(provider, pages, mara):
    client = pages()

    come_back(client, provider, iss=provider.issuer)

    assert is_in(client)


@pytest.mark.parametrize(
    "claims",
    [
        {"nonce": "another"},
        {"nonce": None},
        {"iss": "https://evil.example.org"},
        {"iss": None},
        {"aud": "somebody-else"},
        {"aud": None},
        {"aud": ["todos", "somebody-else"]},
        {"aud": ["todos", "somebody-else"], "azp": "somebody-else"},
        {"azp": "somebody-else"},
        {"exp": 1_000_000_000},
        {"exp": None},
        {"iat": 4_000_000_000},
        {"sub": None},
        {"sub": ""},
        {"sub": 7},
        {"sub": "x" * 256},
        {"at_hash": "AAAAAAAAAAAAAAAAAAAAAA"},
    ],
    ids=str,
)
def test_S21_an_id_token_that_says_something_wrong_is_refused(provider, pages, mara, claims):
    provider.claims |= claims
    client = pages()

    assert refuses(client, come_back(client, provider))
    assert not Identity.objects.exists()


def test_S21_a_token_that_another_key_signed_is_refused(provider, pages, mara):
    provider.signing_key = RSAKey.generate_key(2048)
    client = pages()

    assert refuses(client, come_back(client, provider))


def forged(provider, nonce, algorithm, key):
    """Return an ID token that says everything right, made without the provider's private key."""

    def part(data):
        return base64.urlsafe_b64encode(data).rstrip(b"=")

    claims = {"iss": provider.issuer, "aud": "todos", "sub": "mara", "iat": provider.now, "exp": provider.now + 300}
    claims |= {"nonce": nonce} | provider.claims
    text = part(json.dumps({"alg": algorithm, "kid": "one"}).encode()) + b"." + part(json.dumps(claims).encode())
    seal = part(hmac.digest(key, text, "sha256")) if key else b""
    return (text + b"." + seal).decode()


@pytest.mark.parametrize("way", ["none", "our secret", "the public key"])
def test_S17_a_token_made_without_the_private_key_is_refused(provider, pages, mara, way):
    keys = {"none": b"", "our secret": b"s3cret", "the public key": provider.key.as_pem(private=False)}
    client = pages()
    address = leave(client)
    nonce = parse_qs(urlsplit(address).query)["nonce"][0]
    token = forged(provider, nonce, "HS256" if keys[way] else "none", keys[way])
    provider.answers["/token"] = (200, json.dumps({"access_token": "at", "id_token": token}).encode())

    assert refuses(client, client.get(provider.sign_in(address)))


def test_a_provider_may_change_its_keys(provider, pages, mara):
    come_back(pages(), provider)
    provider.key = provider.signing_key = RSAKey.generate_key(2048, {"kid": "one", "use": "sig"})
    provider.keys = [provider.key.as_dict(private=False)]
    client = pages()

    come_back(client, provider)

    assert is_in(client)
    assert provider.asked.count("/keys") == 2


def test_S33_tokens_of_no_key_do_not_make_us_ask_for_keys_again_and_again(provider, pages, mara):
    provider.signing_key = RSAKey.generate_key(2048)
    for _ in range(4):
        come_back(pages(), provider)

    assert provider.asked.count("/keys") == 2


def test_who_changes_their_mind_there_is_led_back(provider, pages, mara):
    client = pages()

    response = come_back(client, provider, data={"next": "/inbox/"}, code="", error="access_denied")

    assert response["Location"] == "/login/?next=%2Finbox%2F"
    assert said(client) == ["You did not finish signing in with Company."]


def test_S34_what_a_provider_says_is_not_shown(provider, pages, mara):
    client = pages()

    come_back(client, provider, code="", error="<b>x</b>", error_description="Call 0900-SCAM")

    assert "SCAM" not in client.get("/login/").text


# A provider in trouble


@pytest.mark.parametrize("path", ["/.well-known/openid-configuration", "/keys", "/token"])
@pytest.mark.parametrize(
    "answer",
    [(500, b"oops"), (200, b"<html>"), (200, b"[1]"), (302, b""), (200, b"x" * 1_100_000)],
    ids=lambda a: str(a[0]),
)
def test_a_provider_in_trouble_is_said_so(provider, pages, mara, path, answer):
    provider.answers[path] = answer
    client = pages()

    response = client.post("/login/company/", {"next": "/inbox/"})
    if response.status_code == 200:
        response = client.get(provider.sign_in(response.context["url"]))

    assert response["Location"] == "/login/?next=%2Finbox%2F"
    assert said(client)[0] in (AWAY, UNCHECKED)
    assert not is_in(client)


def test_a_provider_that_is_away_is_said_so(settings, pages, db, provider):
    settings.OIDC_PROVIDERS = {"company": provider.settings(issuer="http://localhost:9")}
    settings.OUTGOING_ALLOWED_HOSTS = ["localhost:9"]
    client = pages()

    assert refuses(client, client.post("/login/company/"), AWAY)


@pytest.mark.parametrize("missing", ["issuer", "authorization_endpoint", "token_endpoint", "jwks_uri"])
def test_a_description_that_lacks_something_is_refused(provider, pages, missing):
    provider.description[missing] = None
    client = pages()

    assert refuses(client, client.post("/login/company/"), AWAY)


def test_S21_a_description_of_another_issuer_is_refused(provider, pages):
    provider.description["issuer"] = "https://evil.example.org"
    client = pages()

    assert refuses(client, client.post("/login/company/"), AWAY)


def test_S30_a_description_leads_to_no_place_inside(provider, pages, mara):
    provider.description["token_endpoint"] = "https://169.254.169.254/latest/meta-data/"
    client = pages()

    assert refuses(client, come_back(client, provider), AWAY)


def test_S30_a_browser_is_sent_to_no_address_without_tls(provider, pages):
    provider.description["authorization_endpoint"] = "http://evil.example.org/"
    client = pages()

    assert refuses(client, client.post("/login/company/"), AWAY)


# Secrets


def test_S31_a_providers_secret_shows_nowhere(provider, pages, api, mara, caplog):
    caplog.set_level(logging.DEBUG)
    client = pages()
    come_back(client, provider)
    come_back(pages(), provider, state="wrong")
    export = b"".join(api(mara).get("/api/v1/users/me/export/"))

    shown = [client.get("/settings/").text, repr(oidc.providers()), caplog.text, export.decode()]

    assert [page for page in shown if "s3cret" in page] == []
    assert repr(oidc.providers()).count("Company") == 1


def test_S31_a_refusal_is_logged_without_what_was_sent(provider, pages, mara, caplog):
    client = pages()
    path = provider.sign_in(leave(client))
    code = parse_qs(urlsplit(path).query)["code"][0]

    client.get(path + "x")

    assert "Sign-in with company refused" in caplog.text or is_in(client)
    assert code not in caplog.text


# Linking in the settings


def test_a_signed_in_person_links_an_account_whatever_its_address(provider, pages, mara, recorded):
    provider.claims |= {"email": "private@example.com", "email_verified": False}
    client = pages(mara)

    response = come_back(client, provider, "/settings/sign-in/company/")

    identity = Identity.objects.get()
    assert response["Location"] == "/settings/#security"
    assert (identity.user, identity.email) == (mara, "private@example.com")
    assert recorded(identity) == ["identity.linked"]
    assert "private@example.com signs you in here" in client.get("/settings/").text


def test_linking_takes_a_recent_sign_in(provider, pages, mara):
    client = pages(mara)
    session = client.session
    session["authenticated_at"] = 0
    session.save()

    answers = [client.post(f"/settings/sign-in/company/{path}") for path in ("", "removal/")]

    assert [answer["Location"] for answer in answers] == ["/confirm/?next=%2Fsettings%2F"] * 2
    assert "oidc" not in client.session


def test_an_account_elsewhere_signs_in_one_person_here(provider, pages, mara, stranger):
    come_back(pages(), provider)
    client = pages(stranger)

    response = come_back(client, provider, "/settings/sign-in/company/")

    assert response["Location"] == "/settings/#security"
    assert Identity.objects.get().user == mara


def test_a_person_links_one_account_of_a_provider(provider, pages, mara):
    come_back(pages(), provider)
    provider.claims["sub"] = "second"
    client = pages(mara)

    come_back(client, provider, "/settings/sign-in/company/")

    assert Identity.objects.get().subject == "mara"


def test_S21_a_link_that_was_begun_signs_nobody_in(provider, pages, mara):
    client = pages(mara)
    path = provider.sign_in(leave(client, "/settings/sign-in/company/"))
    session = client.session
    for key in [key for key in session.keys() if key != "oidc"]:  # noqa: SIM118  a session is no dict
        del session[key]
    session.save()

    response = client.get(path)

    assert response["Location"].startswith("/login/")
    assert not Identity.objects.exists()
    assert not is_in(client)


def test_unlinking_is_told_and_recorded(provider, pages, mara, recorded):
    client = pages()
    come_back(client, provider)
    identity = Identity.objects.get()

    client.post("/settings/sign-in/company/removal/")

    assert not Identity.objects.exists()
    assert recorded(identity) == ["identity.linked", "identity.unlinked"]
    assert [mail.data["notice"] for mail in Mail.objects.filter(template="notice")] == [
        "identity_linked",
        "identity_unlinked",
    ]


def test_the_last_way_in_stays(provider, pages, settings):
    settings.REGISTRATION = "open"
    client = pages()
    come_back(client, provider)

    client.post("/settings/sign-in/company/removal/")

    assert Identity.objects.exists()
    assert "This is your only way in" in client.get("/settings/").text


def test_a_link_to_a_provider_that_is_gone_can_be_taken_away(provider, pages, mara, settings):
    client = pages()
    come_back(client, provider)
    settings.OIDC_PROVIDERS = {}

    page = client.get("/settings/").text
    client.post("/settings/sign-in/company/removal/")

    assert "This server no longer offers it." in page
    assert not Identity.objects.exists()


# Proving once more who one is


@pytest.fixture
def stale(provider, pages, settings):
    """Somebody without a password whose sign-in is no longer recent."""
    settings.REGISTRATION = "open"
    client = pages()
    come_back(client, provider)
    session = client.session
    session["authenticated_at"] = 0
    session.save()
    return client


def test_who_has_no_password_confirms_over_the_provider(provider, stale):
    asks = stale.get("/settings/delete/")

    response = come_back(stale, provider, data={"next": "/settings/delete/"})

    assert asks["Location"] == "/confirm/?next=%2Fsettings%2Fdelete%2F"
    assert "Continue with Company" in stale.get("/confirm/").text
    assert response["Location"] == "/settings/delete/"
    assert stale.get("/settings/delete/").status_code == 200


def test_S21_somebody_elses_account_there_confirms_nothing(provider, stale):
    provider.claims |= {"sub": "another", "email": "another@example.org"}

    come_back(stale, provider, data={"next": "/settings/delete/"})

    assert stale.get("/settings/delete/").status_code == 302
    assert User.objects.count() == 1


def test_S20_a_provider_alone_confirms_nobody_with_a_second_step(provider, stale, totp):
    totp(User.objects.get())

    come_back(stale, provider, data={"next": "/settings/delete/"})

    assert "Continue with Company" not in stale.get("/confirm/").text
    assert stale.get("/settings/delete/").status_code == 302

import pytest
from django.test import Client

from accounts.models import User
from activity.models import Event
from config.tests.plugin import PASSWORD

PERSON = {"name": "Nora", "email": "nora@example.org", "password": PASSWORD}
pytestmark = pytest.mark.django_db
FOREIGN = [
    "https://evil.example/",
    "//evil.example/",
    "/\\evil.example",
    "http:///evil.example",
    "javascript:alert(1)",
    "\thttps://evil.example",
    "",
]


def me(client) -> str | None:
    return client.session.get("_auth_user_id")


# Coming in


def test_signing_up_comes_straight_in(pages):
    client = pages()

    response = client.post("/register/", PERSON)

    person = User.objects.get()
    assert (response.status_code, response["Location"]) == (302, "/")
    assert me(client) == str(person.pk)
    assert (person.name, person.email) == ("Nora", "nora@example.org")


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"email": "owner@example.org"}, "An account with this e-mail address exists already."),
        ({"email": "OWNER@example.org"}, "An account with this e-mail address exists already."),
        ({"email": "nora"}, "Enter a valid email address."),
        ({"password": "tiny7"}, "This password is too short."),
        ({"name": ""}, "This field is required."),
        ({"name": "x" * 101}, "Ensure this value has at most 100 characters"),
        ({"email": "x" * 250 + "@example.org"}, "at most 254 characters"),
        ({"name": "a\x00b"}, "Null characters are not allowed."),
    ],
)
def test_a_refused_sign_up_says_why_and_keeps_what_was_typed(pages, owner, changes, sentence):
    client, sent = pages(), PERSON | changes

    response = client.post("/register/", sent)

    assert response.status_code == 422
    assert sentence in response.text
    assert f'value="{sent["email"]}"' in response.text
    assert sent["password"] not in response.text
    assert me(client) is None
    assert User.objects.count() == 1


def test_S10_a_sign_up_chooses_no_role(pages):
    pages().post("/register/", PERSON | {"role": "superadmin", "is_active": "", "is_superuser": "on"})

    assert User.objects.get().role == "user"


def test_signing_in_leads_to_the_start_page(pages, owner):
    client = pages()

    response = client.post("/login/", {"email": "Owner@Example.org", "password": PASSWORD})

    assert (response.status_code, response["Location"]) == (302, "/")
    assert me(client) == str(owner.pk)


def test_signing_in_changes_the_session_so_that_none_can_be_planted(pages, owner):
    client = pages()
    session = client.session
    session["planted"] = True
    session.save()
    before = session.session_key

    client.post("/login/", {"email": owner.email, "password": PASSWORD})

    assert client.session.session_key != before


@pytest.mark.parametrize(
    ("email", "password"), [("owner@example.org", "wrong"), ("nobody@example.org", PASSWORD), ("owner@example.org", "")]
)
def test_a_refused_sign_in_keeps_the_address_and_not_the_password(pages, owner, email, password):
    client = pages()

    response = client.post("/login/", {"email": email, "password": password})

    sentence = "The e-mail address or the password is not right." if password else "This field is required."
    assert response.status_code == 422
    assert sentence in response.text
    assert f'value="{email}"' in response.text
    assert "wrong" not in response.text.replace(sentence, "")
    assert PASSWORD not in response.text
    assert me(client) is None


def test_what_was_typed_is_shown_as_text(pages):
    response = pages().post("/register/", PERSON | {"name": '"><script>alert(1)</script>', "email": "nobody"})

    assert "<script>alert" not in response.text
    assert "&lt;script&gt;alert" in response.text


@pytest.mark.parametrize("path", ["/login/", "/register/"])
def test_who_is_in_already_is_led_on(pages, owner, path):
    assert pages(owner).get(path + "?next=/trash/")["Location"] == "/trash/"


@pytest.mark.parametrize("path", ["/login/", "/register/"])
def test_the_entrance_is_never_kept_by_a_cache(pages, path):
    assert "no-store" in pages().get(path)["Cache-Control"]


# Where to after that


@pytest.mark.parametrize("given", ["query", "form"])
def test_signing_in_leads_back_to_where_one_was_going(pages, owner, given):
    query = "?next=/completed/%3Fcursor%3Dx" if given == "query" else ""
    form = {"next": "/completed/?cursor=x"} if given == "form" else {}

    response = pages().post(f"/login/{query}", {"email": owner.email, "password": PASSWORD} | form)

    assert response["Location"] == "/completed/?cursor=x"


@pytest.mark.parametrize("url", FOREIGN)
def test_S21_signing_in_never_leads_to_another_site(pages, owner, url):
    client = pages()

    signed_in = client.post("/login/", {"email": owner.email, "password": PASSWORD, "next": url})
    again = client.get("/login/", {"next": url})

    assert signed_in["Location"] == again["Location"] == "/"


@pytest.mark.parametrize("path", ["/login/", "/register/"])
def test_the_entrance_keeps_where_one_was_going(pages, path):
    response = pages().get(path, {"next": "/completed/"})

    assert 'name="next"' in response.text
    assert 'value="/completed/"' in response.text


# Going out


def test_signing_out_ends_the_session_and_clears_the_browser(pages, owner):
    client = pages(owner)

    response = client.post("/logout/")

    assert (response.status_code, response["Location"]) == (302, "/login/")
    assert response["Clear-Site-Data"] == '"cache", "storage"'
    assert me(client) is None
    assert client.get("/activity/")["Location"] == "/login/?next=/activity/"


def test_a_link_cannot_sign_anyone_out(pages, owner):
    client = pages(owner)

    response = client.get("/logout/")

    assert response.status_code == 405
    assert me(client) == str(owner.pk)


# Theme


@pytest.mark.parametrize("theme", ["light", "dark", ""])
def test_a_theme_is_kept_and_leads_back(pages, owner, theme):
    owner.theme = "light" if theme == "dark" else "dark"
    owner.save()

    response = pages(owner).post("/theme/", {"theme": theme}, headers={"referer": "http://testserver/activity/?x=1"})

    owner.refresh_from_db()
    assert owner.theme == theme
    assert response["Location"] == "http://testserver/activity/?x=1"
    assert Event.objects.journal().about(owner.pk).filter(verb="user.updated").count() == 1


def test_an_unknown_theme_changes_nothing(pages, owner, recorded):
    client, before = pages(owner), recorded(owner)

    response = client.post("/theme/", {"theme": "<pink>"})

    owner.refresh_from_db()
    assert (response.status_code, owner.theme, recorded(owner)) == (302, "", before)


@pytest.mark.parametrize("url", FOREIGN)
def test_a_theme_never_leads_to_another_site(pages, owner, url):
    response = pages(owner).post("/theme/", {"theme": "dark"}, headers={"referer": url.strip()})

    assert response["Location"] == "/"


# Forged forms


@pytest.mark.parametrize(
    ("path", "sent"),
    [
        ("/login/", {"email": "owner@example.org", "password": PASSWORD}),
        ("/register/", PERSON),
        ("/logout/", {}),
        ("/theme/", {"theme": "dark"}),
    ],
)
def test_S29_a_form_without_our_token_does_nothing(owner, pages, path, sent):
    client = pages(owner if path in ("/logout/", "/theme/") else None, enforce_csrf_checks=True)
    before = me(client)

    response = client.post(path, sent)

    owner.refresh_from_db()
    assert response.status_code == 403
    assert me(client) == before
    assert (User.objects.count(), owner.theme) == (1, "")


def test_S29_a_form_with_our_token_works(owner):
    client = Client(enforce_csrf_checks=True)
    client.get("/login/")
    token = client.cookies["csrftoken"].value

    client.post("/login/", {"email": owner.email, "password": PASSWORD, "csrfmiddlewaretoken": token})

    assert me(client) == str(owner.pk)


def test_S29_a_session_alone_writes_nothing_through_the_api(owner, pages):
    client = pages(owner, enforce_csrf_checks=True)

    response = client.patch("/api/v1/users/me/", {"name": "Mallory"}, content_type="application/json")

    owner.refresh_from_db()
    assert (response.status_code, owner.name) == (403, "Owner")

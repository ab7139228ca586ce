import pytest
from django.core.management import CommandError, call_command

from accounts.management.commands import createsuperadmin
from accounts.models import User
from config.tests.plugin import PASSWORD

pytestmark = pytest.mark.django_db


@pytest.fixture
def typed(monkeypatch):
    """Type answers at the prompts: passwords where nothing is echoed, the rest where it is."""

    def typed(*answers, passwords=(PASSWORD, PASSWORD)):
        plain, hidden = iter(answers), iter(passwords)
        monkeypatch.setattr("builtins.input", lambda prompt: next(plain))
        monkeypatch.setattr(createsuperadmin, "getpass", lambda prompt: next(hidden))

    return typed


def test_a_superadmin_is_made_of_what_is_asked(typed, capsys, recorded):
    typed("Boss@Example.org", "Boss")

    call_command("createsuperadmin")

    person = User.objects.get()
    assert (person.email, person.name, person.role) == ("boss@example.org", "Boss", "superadmin")
    assert person.check_password(PASSWORD)
    assert recorded(person) == ["user.registered"]
    assert capsys.readouterr().out == "boss@example.org is a superadmin.\n"


def test_what_is_given_is_not_asked(typed):
    typed()

    call_command("createsuperadmin", email="boss@example.org", name="Boss")

    assert User.objects.get().name == "Boss"


def test_two_passwords_that_differ_make_nobody(typed):
    typed(passwords=(PASSWORD, "another"))

    with pytest.raises(CommandError, match="differ"):
        call_command("createsuperadmin", email="boss@example.org", name="Boss")

    assert not User.objects.exists()


def test_a_weak_password_makes_nobody(typed):
    typed(passwords=("tiny7", "tiny7"))

    with pytest.raises(CommandError, match="too short"):
        call_command("createsuperadmin", email="boss@example.org", name="Boss")

    assert not User.objects.exists()


def test_a_taken_address_promotes_nobody(typed, owner):
    typed()

    with pytest.raises(CommandError, match="exists already"):
        call_command("createsuperadmin", email=owner.email, name="Boss")

    owner.refresh_from_db()
    assert owner.role == "user"


@pytest.mark.parametrize(("email", "name"), [("boss", "Boss"), ("boss@example.org", " ")])
def test_what_no_form_would_take_makes_nobody(typed, email, name):
    typed()

    with pytest.raises(CommandError):
        call_command("createsuperadmin", email=email, name=name)

    assert not User.objects.exists()


def test_a_password_is_no_argument():
    with pytest.raises(TypeError, match="password"):
        call_command("createsuperadmin", email="boss@example.org", name="Boss", password=PASSWORD)


# It looks at the history of every database, the archive's too.
@pytest.mark.django_db(databases="__all__")
def test_no_model_waits_for_a_migration():
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)

import pytest

from accounts.sealing import Unreadable, seal, unseal


def test_what_was_sealed_is_read_again_and_looks_different_each_time():
    sealed = [seal(b"the secret"), seal(b"the secret")]

    assert [unseal(text) for text in sealed] == [b"the secret"] * 2
    assert sealed[0] != sealed[1]
    assert "secret" not in "".join(sealed)


def test_an_older_key_still_opens_what_it_sealed(settings):
    sealed = seal(b"the secret")
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another" * 10

    assert unseal(sealed) == b"the secret"


def test_without_the_key_nothing_is_opened(settings):
    sealed = seal(b"the secret")
    settings.SECRET_KEY = "another" * 10

    with pytest.raises(Unreadable):
        unseal(sealed)


@pytest.mark.parametrize(
    "change", [lambda text: text[:-4] + "AAA=", lambda text: text[1:], lambda _: "", lambda _: "ü"]
)
def test_what_was_changed_is_not_opened(change):
    sealed = change(seal(b"the secret"))

    with pytest.raises(Unreadable):
        unseal(sealed)

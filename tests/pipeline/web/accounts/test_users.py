"""Users have a name that tells them apart and a password that is hard to guess, and somebody can change them."""

from dataclasses import replace

import pytest

from pipeline.errors import UsageError
from pipeline.model import User
from pipeline.testing import FakeDesk
from pipeline.web.accounts.passwords import hashed, is_password
from pipeline.web.accounts.users import (
    add_user,
    change_user,
    credentials,
    find_user,
    may,
    prefer,
    remove_user,
    shown,
)
from tests import examples

PASSWORD = "seven blue kettles"


@pytest.fixture(autouse=True)
def quick_hashes() -> None:
    """Hash passwords at the cost of production here."""


@pytest.fixture
def desk() -> FakeDesk:
    """A desk with an admin."""
    empty = FakeDesk()
    add_user(empty, "Ada Ek", "admin", PASSWORD, has_token=False)
    return empty


def test_a_password_is_stored_as_a_hash_with_a_salt(desk: FakeDesk) -> None:
    add_user(desk, "Bo Berg", "reader", PASSWORD, has_token=False)
    ada, bo = desk.all(User)
    assert ada.password.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert ada.password != bo.password
    assert is_password(PASSWORD, ada)
    assert not is_password("seven blue kettle", ada)
    assert "argon2" not in repr(ada)
    assert "argon2" not in repr(shown(ada))


def test_a_password_is_the_same_on_every_keyboard() -> None:
    assert is_password("cafe\N{COMBINING ACUTE ACCENT}s at noon", examples.user(password=hashed("cafés at noon")))


def test_a_user_without_password_cannot_log_in_by_password() -> None:
    assert not is_password("", None)
    assert not is_password(PASSWORD, None)
    assert not is_password(PASSWORD, examples.user(password="no hash at all"))


def test_the_check_for_nobody_hashes_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    """The time of an answer does not say whether there is such a user."""
    from argon2 import PasswordHasher

    checked = []
    monkeypatch.setattr(PasswordHasher, "verify", lambda _, stored, __: checked.append(stored.rpartition("$")[0]))
    is_password(PASSWORD, None)
    is_password(PASSWORD, examples.user(password=hashed(PASSWORD)))
    nobodys, adas = (stored.rpartition("$")[0] for stored in checked)
    assert nobodys == adas == "$argon2id$v=19$m=19456,t=2,p=1"


@pytest.mark.parametrize(
    "password", ["", "eleven char", "x" * 201, "ada-ek", "abcabcabcabcabc", "tab\tis no character", "Ada Ek"]
)
def test_a_password_that_is_easily_guessed_is_refused(desk: FakeDesk, password: str) -> None:
    with pytest.raises(UsageError, match="password should"):
        change_user(desk, "Ada Ek", has_token=False, password=password)
    assert is_password(PASSWORD, desk.all(User)[0])


@pytest.mark.parametrize("name", ["", "...", "x" * 61, "Ada\x00Ek"])
def test_a_name_needs_a_letter_and_has_an_end(desk: FakeDesk, name: str) -> None:
    with pytest.raises(UsageError, match="user"):
        add_user(desk, name, "reader", PASSWORD, has_token=False)


def test_names_of_users_are_unique(desk: FakeDesk) -> None:
    with pytest.raises(UsageError, match="'ada-ek' exists already"):
        add_user(desk, " ada   EK ", "reader", PASSWORD, has_token=False)
    assert find_user(desk, "ADA EK").name == "Ada Ek"
    with pytest.raises(UsageError, match="'Bo' does not exist"):
        find_user(desk, "Bo")


def test_somebody_can_always_change_the_users(desk: FakeDesk) -> None:
    with pytest.raises(UsageError, match="admin"):
        add_user(FakeDesk(), "Bo Berg", "editor", PASSWORD, has_token=False)
    add_user(FakeDesk(), "Bo Berg", "editor", PASSWORD, has_token=True)
    add_user(desk, "Bo Berg", "editor", PASSWORD, has_token=False)
    with pytest.raises(UsageError, match="admin"):
        change_user(desk, "ada-ek", has_token=False, role="editor")
    with pytest.raises(UsageError, match="admin"):
        remove_user(desk, "ada-ek", has_token=False)
    change_user(desk, "bo-berg", has_token=False, role="admin")
    remove_user(desk, "ada-ek", has_token=False)
    remove_user(desk, "bo-berg", has_token=False)
    assert desk.all(User) == []


def test_credentials_change_with_role_and_password_only(desk: FakeDesk) -> None:
    ada = desk.all(User)[0]
    assert credentials(prefer(desk, ada, "Europe/Oslo", ["DE", "en", "de"])) == credentials(ada)
    assert (desk.all(User)[0].zone, desk.all(User)[0].languages) == ("Europe/Oslo", ("de", "en"))
    assert credentials(change_user(desk, "ada-ek", has_token=True, role="reader")) != credentials(ada)
    assert credentials(change_user(desk, "ada-ek", has_token=True, role="admin")) == credentials(ada)
    assert credentials(change_user(desk, "ada-ek", has_token=True, password=PASSWORD)) != credentials(ada)


@pytest.mark.parametrize(
    ("zone", "languages", "complaint"),
    [
        ("Europe/Nowhere", (), "zone 'Europe/Nowhere'"),
        ("../../etc/passwd", (), "zone"),
        ("", ("de", "deutsch"), "language 'deutsch'"),
        ("", ("d3",), "language 'd3'"),
        ("", tuple("abcdefghijk"), "10 at most"),
    ],
)
def test_preferences_name_what_there_is(desk: FakeDesk, zone: str, languages: tuple[str, ...], complaint: str) -> None:
    before = desk.all(User)
    with pytest.raises(UsageError, match=complaint):
        prefer(desk, before[0], zone, languages)
    assert desk.all(User) == before


def test_roles_permit_their_actions_only() -> None:
    change, users = ("POST", "/api/v1/feeds"), ("GET", "/api/v1/users")
    assert [may("reader", *each) for each in (("GET", "/alerts"), change, users)] == [True, False, False]
    assert [may("editor", *each) for each in (("GET", "/alerts"), change, users)] == [True, True, False]
    assert [may("admin", *each) for each in (("GET", "/alerts"), change, users)] == [True, True, True]
    assert not may("editor", "POST", "/users")
    for path in ("/audit", "/audit.csv", "/api/v1/changes"):
        assert [may(role, "GET", path) for role in ("reader", "editor", "admin")] == [False, False, True]
    assert may("reader", "POST", "/account")
    assert not may("reader", "POST", "/account/x")


def test_removing_and_adding_a_user_is_another_user(desk: FakeDesk) -> None:
    before = desk.all(User)[0]
    remove_user(desk, "ada-ek", has_token=False)
    after = add_user(desk, "Ada Ek", "admin", PASSWORD, has_token=False)
    assert replace(after, password=before.password) == before
    assert credentials(after) != credentials(before)

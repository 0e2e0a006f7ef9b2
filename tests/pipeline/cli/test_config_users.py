"""`onrecord users`: who may sign in, with a password that no list of processes and no history shows."""

import json
from contextlib import closing
from pathlib import Path

from pipeline.model import User
from pipeline.services import open_services
from pipeline.settings import Settings
from pipeline.web.accounts import is_password
from tests.pipeline.cli.conftest import Onrecord

PASSWORD = "seven blue kettles"


def user(file: Path, name: str) -> User | None:
    with closing(open_services(Settings(file=file))) as services:
        return services.desk.find(User, name)


def test_users_are_added_changed_and_removed(onrecord: Onrecord, file: Path) -> None:
    added = onrecord("users", "add", "Ada Ek", "--role", "admin", stdin=f"{PASSWORD}\n")
    assert (added.code, added.err) == (0, "Ada Ek may sign in as admin\n")
    assert is_password(PASSWORD, user(file, "ada-ek"))
    onrecord("users", "add", "Bo Berg", "--role", "reader", "--password-file", "-", stdin=f"{PASSWORD}\r\nmore")
    assert is_password(PASSWORD, user(file, "bo-berg"))
    assert onrecord("users", "role", "bo berg", "editor").err == "Bo Berg is editor now\n"
    assert onrecord("users", "list").rows == [
        ["ada-ek", "Ada Ek", "admin", "", ""],
        ["bo-berg", "Bo Berg", "editor", "", ""],
    ]
    assert [shown["role"] for shown in json.loads(onrecord("users", "list", "--json").out)] == ["admin", "editor"]
    secret = file.with_name("password")
    secret.write_text("nine green lamps\n")
    assert onrecord("users", "password", "Bo Berg", "--password-file", secret).code == 0
    assert is_password("nine green lamps", user(file, "bo-berg"))
    assert onrecord("users", "remove", "bo-berg").code == 0
    assert user(file, "bo-berg") is None


def test_what_cannot_be_is_one_line(onrecord: Onrecord, file: Path) -> None:
    refused = onrecord("users", "add", "Bo Berg", "--role", "reader", stdin=PASSWORD)
    assert (refused.code, "at least one user should be an admin" in refused.err) == (2, True)
    onrecord("users", "add", "Ada Ek", "--role", "admin", stdin=PASSWORD)
    for arguments, complaint in (
        (("add", "Ada Ek", "--role", "reader"), "exists already"),
        (("add", "Bo Berg", "--role", "reader"), "12 to 200"),
        (("password", "Bo Berg"), "does not exist"),
        (("role", "Ada Ek", "reader"), "admin"),
        (("remove", "Bo Berg"), "does not exist"),
        (("password", "Ada Ek", "--password-file", "/nowhere/password"), "/nowhere/password"),
    ):
        done = onrecord("users", *arguments, stdin="short")
        assert done.code != 0
        assert complaint in done.err
        assert done.err.count("\n") == 1


def test_no_user_is_exported_and_every_change_is_audited(onrecord: Onrecord) -> None:
    onrecord("users", "add", "Ada Ek", "--role", "admin", stdin=PASSWORD)
    onrecord("users", "password", "Ada Ek", stdin="nine green lamps")
    assert onrecord("desk", "export").out == ""
    changes = onrecord("audit", "user")
    assert [row[2:4] for row in changes.rows] == [["changed", "user ada-ek"], ["added", "user ada-ek"]]
    assert "argon2" not in changes.out
    assert onrecord("audit", "--by", "on the command line").rows == changes.rows
    assert onrecord("audit", "--by", "somebody else").rows == []

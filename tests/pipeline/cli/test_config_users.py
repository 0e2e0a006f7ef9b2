"""`onrecord config secret` and `onrecord users`: secrets that no list of processes and no history shows."""

import json
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr

from pipeline import settings
from pipeline.model import Session, User
from pipeline.services import open_services
from pipeline.settings import Settings, load, value_of
from pipeline.web.accounts.passwords import is_password
from pipeline.web.accounts.tokens import find_token
from pipeline.web.accounts.users import credentials
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


def test_impossible_changes_of_users_are_refused_in_one_line(onrecord: Onrecord, file: Path) -> None:
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


def test_tokens_are_created_listed_and_revoked(onrecord: Onrecord, file: Path) -> None:
    onrecord("users", "add", "Ada Ek", "--role", "admin", stdin=PASSWORD)
    assert onrecord("users", "token", "list").err == "No tokens\n"
    added = onrecord("users", "token", "add", "ada ek", "night export", "--role", "editor", "--days", 7)
    assert (added.code, "the role editor and ends on" in added.err) == (0, True)
    with closing(open_services(Settings(file=file))) as services:
        token = find_token(services.desk, added.out.strip())
    assert token
    assert (token.user, token.name, token.role) == ("ada-ek", "night export", "editor")
    day = f"{token.created:%Y-%m-%d}"
    assert onrecord("users", "token", "list").rows == [
        ["ada-ek", "night export", "editor", day, "", f"{token.until:%Y-%m-%d}"]
    ]
    listed = onrecord("users", "token", "list", "Ada Ek", "--json")
    assert [shown["name"] for shown in json.loads(listed.out)] == ["night export"]
    assert added.out.strip() not in listed.out + onrecord("audit").out
    onrecord("users", "password", "Ada Ek", stdin="nine green lamps")
    assert onrecord("users", "token", "list").rows[0][-1] == "ended"
    assert onrecord("users", "token", "revoke", "ada-ek", "Night Export").code == 0
    assert onrecord("users", "token", "list", "ada-ek").rows == []
    for arguments in (("revoke", "ada-ek", "other"), ("add", "ada-ek", "x", "--days", "0"), ("add", "bo", "x")):
        refused = onrecord("users", "token", *arguments)
        assert (refused.code, refused.err.count("\n"), refused.out) == (2, 1, "")


def test_sessions_are_listed_and_ended(onrecord: Onrecord, file: Path) -> None:
    onrecord("users", "add", "Ada Ek", "--role", "admin", stdin=PASSWORD)
    ada = user(file, "ada-ek")
    assert ada
    with closing(open_services(Settings(file=file))) as services:
        until = services.clock() + timedelta(days=1)
        for number in ("aaaa", "aabb", "bbbb"):
            own = Session(
                id=number * 16, until=until, user=ada.id, credentials=credentials(ada), browser="Firefox on Linux"
            )
            services.desk.save(own)
    rows = onrecord("users", "session", "list").rows
    assert sorted(row[:3] for row in rows) == [
        [number * 3, "ada-ek", "Firefox on Linux"] for number in ("aaaa", "aabb", "bbbb")
    ]
    assert len(json.loads(onrecord("users", "session", "list", "Ada Ek", "--json").out)) == 3
    assert onrecord("users", "session", "end", "ada-ek", "cc").code == 2
    assert onrecord("users", "session", "end", "ada-ek", "aabb").err == "1 session of Ada Ek ended\n"
    assert onrecord("users", "session", "end", "ada-ek").err == "2 sessions of Ada Ek ended\n"
    assert onrecord("users", "session", "list").err == "Nobody is signed in\n"


@pytest.mark.parametrize("key", ["webhook.secret", "web.secret", "web.token", "push.key"])
@pytest.mark.parametrize("text", ["", "[poll]\nevery = '5m'\n", "[webhook] # ours\ntimeout = '5s'\n"])
def test_a_secret_is_written_to_the_settings_file(onrecord: Onrecord, file: Path, key: str, text: str) -> None:
    config = file.with_name("desk.toml")
    if text:
        config.write_text(text)
        config.chmod(0o640)
    before = load(config, {}, {}) if text else Settings()
    config.touch()
    done = onrecord("--config", config, "config", "secret", key)
    written = value_of(load(config, {}, {}), key)
    assert isinstance(written, SecretStr)
    assert (done.code, done.out.rstrip("\n")) == (0, written.get_secret_value().rstrip("\n"))
    assert value_of(load(config, {}, {}), "poll.every") == before.poll.every
    assert value_of(load(config, {}, {}), "webhook.timeout") == before.webhook.timeout
    if text:
        assert config.stat().st_mode & 0o777 == 0o640


def test_a_settings_file_that_is_new_is_private(onrecord: Onrecord, file: Path) -> None:
    assert onrecord("config", "secret", "webhook.secret").code == 0
    assert settings.DEFAULT_FILE.stat().st_mode & 0o777 == 0o600
    assert load(settings.DEFAULT_FILE, {}, {}).webhook.secret


def test_a_secret_is_not_written_through_a_link_that_somebody_prepared(onrecord: Onrecord, file: Path) -> None:
    config, victim = file.with_name("desk.toml"), file.with_name("victim")
    victim.write_text("theirs")
    config.touch()
    config.with_name("desk.toml.new").symlink_to(victim)
    assert onrecord("--config", config, "config", "secret", "webhook.secret").code == 0
    assert victim.read_text() == "theirs"
    assert load(config, {}, {}).webhook.secret


def test_a_secret_in_a_file_that_everybody_can_read_is_pointed_out(onrecord: Onrecord, file: Path) -> None:
    config = file.with_name("desk.toml")
    config.write_text("[poll]\nevery = '5m'\n")
    config.chmod(0o644)
    assert f"{config} can be read by every user" in onrecord("--config", config, "config", "secret", "web.secret").err
    config.chmod(0o640)
    assert "every user" not in onrecord("--config", config, "config", "secret", "web.token").err


@pytest.mark.parametrize(
    ("text", "key", "message"),
    [
        ("", "fetch.logins", "'fetch.logins' is none of webhook.secret, web.secret, web.token, push.key"),
        (
            f"[web]\nsecret = '{'s' * 40}'",
            "web.secret",
            "web.secret is set already (from {config}); to replace it, move it to web.old_secret",
        ),
        ("webhook.timeout = '5s'", "webhook.secret", "{config} takes no further line by itself: set webhook.secret"),
    ],
)
def test_a_secret_that_cannot_be_written_says_why(
    onrecord: Onrecord, file: Path, text: str, key: str, message: str
) -> None:
    config = file.with_name("desk.toml")
    config.write_text(text)
    done = onrecord("--config", config, "config", "secret", key)
    assert done.code != 0
    assert message.format(config=config) in done.err
    assert config.read_text() == text

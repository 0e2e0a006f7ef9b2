"""Settings come from a file, variables and the command line, and a wrong one is named in one line."""

from datetime import timedelta
from pathlib import Path

import pytest

from pipeline import settings
from pipeline.errors import SettingsError
from pipeline.settings import Settings, SettingValue, collect
from pipeline.text import duration, spelled

KEY = "whsec_" + "A" * 32  # 24 bytes


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A settings file, and no default file but in the test's own folder."""
    monkeypatch.setattr(settings, "DEFAULT_FILE", tmp_path / "default" / "onrecord.toml")
    return tmp_path / "desk.toml"


def load(file: Path | None = None, overrides: dict[str, object] | None = None, **variables: str) -> Settings:
    return settings.load(file, overrides or {}, {f"ONRECORD_{name}": value for name, value in variables.items()})


def refused(file: Path | None = None, overrides: dict[str, object] | None = None, **variables: str) -> str:
    with pytest.raises(SettingsError) as error:
        load(file, overrides, **variables)
    assert "\n" not in str(error.value)
    assert error.value.exit_code == 78
    return str(error.value)


def test_defaults_need_no_file_and_no_variable(file: Path) -> None:
    assert load() == Settings()


def test_the_default_file_is_read_from_its_default_path(file: Path) -> None:
    settings.DEFAULT_FILE.parent.mkdir()
    settings.DEFAULT_FILE.write_text("web.port = 9000")
    assert load().web.port == 9000


def test_command_line_wins_over_variables_over_the_file(file: Path) -> None:
    file.write_text('file = "one.sqlite"\n[poll]\nevery = "1m"\nlongest = "1h"\nparse_seconds = 1')
    loaded = load(file, {"poll.every": 3}, POLL__EVERY="2m", POLL__LONGEST="2h")
    assert loaded.file == Path("one.sqlite")
    assert loaded.poll.every == timedelta(seconds=3)
    assert loaded.poll.longest == timedelta(hours=2)
    assert loaded.poll.parse_seconds == 1


def test_each_value_has_its_origin(file: Path) -> None:
    file.write_text("web.port = 1")
    values = collect(file, {"file": "x"}, {"ONRECORD_POLL__EVERY": "2m"})
    assert {key: value.origin for key, value in values.items()} == {
        "file": "command line",
        "poll.every": "ONRECORD_POLL__EVERY",
        "web.port": str(file),
    }


def test_variables_without_our_prefix_are_ignored(file: Path) -> None:
    assert settings.load(None, {}, {"ONRECORD_CONFIG": "x", "ONRECORD_WEB__TOKEN": "", "HOME": "/"}) == Settings()


def test_a_tilde_stands_for_the_home_folder(file: Path) -> None:
    assert load(FILE="~/desk.sqlite").file == Path.home() / "desk.sqlite"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("poll.evry = 1", "poll.evry is not a setting (in {file}); did you mean poll.every?"),
        ("profil = 1", "profil is not a setting (in {file}); did you mean profile?"),
        ("colour = 1", "colour is not a setting (in {file}); `onrecord config example` lists all settings"),
        ("poll = 1", "poll is a table of settings, such as poll.every"),
        ("[[poll]]\nevery = 1", "poll is a table of settings, such as poll.every"),
        ("web.port = 'x'", "web.port = 'x' (from {file}) should be a valid integer"),
        ("web.port = 70000", "web.port = 70000 (from {file}) should be less than or equal to 65535"),
        ("fetch.private_addresses = 'si'", "fetch.private_addresses = 'si' (from {file}) should be a valid boolean"),
        ("poll.every = 'soon'", """poll.every = 'soon' (from {file}) should be a duration such as "30s", "5m", """),
        ("poll.every = true", "poll.every = True (from {file}) should be a duration"),
        ("poll.every.min = 1", "poll.every = {{'min': 1}} (from {file}) should be a duration"),
        ("poll.every = 0", "poll.every = 0 (from {file}) should be greater than"),
        ("poll.parse_seconds = nan", "poll.parse_seconds = nan (from {file}) should be"),
        ("profile = 'cloud'", "profile = 'cloud' (from {file}) should be 'embedded' or 'cluster'"),
        ("file = 3", "file = 3 (from {file}) "),
        ("web.port = ", "config: {file} is not TOML: Invalid value (at end of document)"),
    ],
)
def test_a_wrong_file_is_explained(file: Path, text: str, message: str) -> None:
    file.write_text(text)
    assert refused(file).startswith(message.format(file=file).rstrip())


def test_a_wrong_variable_is_explained(file: Path) -> None:
    assert refused(POLL__EVRY="1") == "ONRECORD_POLL__EVRY is not a setting; did you mean ONRECORD_POLL__EVERY?"
    assert refused(FIEL="x") == "ONRECORD_FIEL is not a setting; did you mean ONRECORD_FILE?"
    assert refused(WEB="1") == "ONRECORD_WEB is a table of settings, such as ONRECORD_WEB__HOST"
    assert refused(WEB__PORT="-1").startswith("web.port = '-1' (from ONRECORD_WEB__PORT) should be greater")


def test_a_wrong_secret_is_not_revealed(file: Path) -> None:
    message = refused(WEBHOOK__SECRET="whsec_c2hvcnQ=")
    assert message == (
        "webhook.secret = (from ONRECORD_WEBHOOK__SECRET) should be 'whsec_' and 24 to 64 bytes in base64"
    )


def test_a_secret_is_stored_and_masked(file: Path) -> None:
    loaded = load(WEBHOOK__SECRET=KEY, WEB__TOKEN="open sesame, please")
    assert loaded.webhook.secret is not None
    assert loaded.webhook.secret.get_secret_value() == KEY
    assert KEY not in repr(loaded)
    assert "sesame" not in repr(loaded)


def test_a_secret_may_be_in_a_file_that_a_variable_names(file: Path, tmp_path: Path) -> None:
    secret = tmp_path / "token"
    secret.write_text("open sesame, please\n")
    assert collect(None, {}, {"ONRECORD_WEB__TOKEN_FILE": str(secret)}) == {
        "web.token": SettingValue("open sesame, please", "ONRECORD_WEB__TOKEN_FILE")
    }
    secret.write_text("\n")
    assert load(WEB__TOKEN_FILE=str(secret)) == Settings()


def test_secrets_in_files_are_explained(file: Path, tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    assert refused(WEB__TOKEN_FILE=str(gone)).startswith(f"ONRECORD_WEB__TOKEN_FILE: {gone} cannot be read: ")
    both = refused(WEB__TOKEN="open", WEB__TOKEN_FILE=str(gone))
    assert both == "ONRECORD_WEB__TOKEN_FILE and ONRECORD_WEB__TOKEN are both set; set one of them"
    assert refused(WEB__PORT_FILE="x").startswith("ONRECORD_WEB__PORT_FILE is not a setting; did you mean ")
    gone.write_text("whsec_c2hvcnQ=")
    assert refused(WEBHOOK__SECRET_FILE=str(gone)) == (
        "webhook.secret = (from ONRECORD_WEBHOOK__SECRET_FILE) should be 'whsec_' and 24 to 64 bytes in base64"
    )


def test_files_that_cannot_be_read(file: Path, tmp_path: Path) -> None:
    assert refused(tmp_path / "none.toml") == f"config: {tmp_path / 'none.toml'} does not exist"
    assert refused(tmp_path).startswith(f"config: {tmp_path} cannot be read: ")
    file.write_bytes(b"file = '\xff'")
    assert refused(file).startswith(f"config: {file} cannot be read: 'utf-8'")


@pytest.mark.parametrize(
    ("written", "seconds"),
    [
        *[("30s", 30), ("5m", 300), ("1h30m", 5400), ("1h 30m", 5400), ("2 days", 172800), ("90", 90), ("0.5", 0.5)],
        *[(7, 7), (1.5, 1.5), ("10 min", 600), ("1 hour", 3600), ("45 Seconds", 45), (timedelta(minutes=1), 60)],
    ],
)
def test_durations_as_people_write_them(written: object, seconds: float) -> None:
    assert duration(written) == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    "written", ["", "soon", "5x", "5m!", "m", "-5m", "5m5", "1e400", "٥m x", -1, float("nan"), float("inf"), True, None]
)
def test_malformed_durations_are_refused(written: object) -> None:
    with pytest.raises(ValueError, match="should be a duration"):
        duration(written)


@pytest.mark.parametrize("text", ["30s", "5m", "1h30m", "2d", "0.5s", "0s"])
def test_a_spelled_duration_parses_to_the_same_value(text: str) -> None:
    assert spelled(duration(text)) == text


@pytest.mark.parametrize(
    "address", ["https://desk.example", "http://desk.example:8414/", "https://desk.example/on/record", ""]
)
def test_web_address_may_have_a_port_and_a_path(file: Path, address: str) -> None:
    assert load(overrides={"web.address": address}).web.address == address


@pytest.mark.parametrize(
    "address",
    ["desk.example", "ftp://desk.example", "https://", "https://a b.example", "https://a.example/?q", "https://a@b"],
)
def test_a_malformed_public_address_is_named(file: Path, address: str) -> None:
    message = refused(overrides={"web.address": address})
    assert message.startswith(f"web.address = {address!r} (from command line) should be an address that begins with")


@pytest.mark.parametrize(
    "line",
    [
        "https://courier.example/",
        "https://courier.example/ basic ada",
        "https://courier.example basic ada:sesame",
        "courier.example/ basic ada:sesame",
        "https://ada:sesame@courier.example/ X-Key: sesame",
        "https://courier.example/ Host: sesame",
        "https://courier.example/ X-Key: sesame\x00",
        "https://courier.example/ X-Key:",
        "https://courier.example/ X-Key: sésame",
        "https://courier.example:99999/ X-Key: sesame",
        "https://[::1/ X-Key: sesame",
    ],
)
def test_a_wrong_login_is_named_by_its_line_alone(file: Path, line: str) -> None:
    message = refused(FETCH__LOGINS=f"# logins\n{line}")
    assert message.startswith("fetch.logins = (from ONRECORD_FETCH__LOGINS) line 2 should be an address")
    assert "sesame" not in message


def test_a_short_secret_is_refused_and_not_revealed(file: Path) -> None:
    message = refused(WEB__SECRET="too short")
    assert message == "web.secret = (from ONRECORD_WEB__SECRET) should have 32 characters or more"


def test_brokers_are_a_list_or_one_string_with_commas(file: Path) -> None:
    file.write_text('kafka.brokers = ["one.example:9092", "[::1]:9092"]')
    assert load(file).kafka.brokers == ("one.example:9092", "[::1]:9092")
    assert load(KAFKA__BROKERS="one.example:9092, two:9093").kafka.brokers == ("one.example:9092", "two:9093")


def test_settings_of_servers_are_read_from_variables(file: Path) -> None:
    loaded = load(
        KAFKA__SECURITY="sasl-tls", KAFKA__USERNAME="desk", KAFKA__PASSWORD="sesame", ELASTICSEARCH__URL="https://es/"
    )
    assert (loaded.kafka.username, loaded.elasticsearch.url) == ("desk", "https://es")
    assert "sesame" not in repr(loaded)
    assert load(ELASTICSEARCH__URL="http://[::1]:9200", ELASTICSEARCH__API_KEY="k").elasticsearch.api_key is not None
    assert load(ELASTICSEARCH__URL="http://es", ELASTICSEARCH__INSECURE="yes").elasticsearch.insecure


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("kafka.brokers", "one:9092,two", "should be HOST:PORT, which 'two' is not"),
        ("kafka.brokers", [], "should have at least 1 item"),
        ("kafka.brokers", "one:0", "should be HOST:PORT, which 'one:0' is not"),
        ("kafka.keep", "13d", "should be 14d or more, or 0"),
        ("kafka.prefix", "on record", "should look like [A-Za-z0-9._-]{0,200}"),
        ("elasticsearch.prefix", "OnRecord", "should look like "),
        ("elasticsearch.url", "es:9200", "should be an address that begins with http:// or https://, without a name"),
        ("elasticsearch.url", "https://a:b@es", "should be an address that begins with http:// or https://, without a"),
        ("job.endpoint", "flink", "should be HOST:PORT, which 'flink' is not"),
        ("oidc.roles", "desk=owner", "should have VALUE=reader|editor|admin, which 'desk=owner' is not"),
        ("oidc.scopes", "profile", "should contain openid"),
        ("oidc.default_role", "owner", "should be"),
        ("job.checkpoint", 0, "should be greater than 0 seconds"),
    ],
)
def test_a_wrong_setting_of_a_server_is_named(file: Path, key: str, value: object, message: str) -> None:
    refusal = refused(overrides={key: value})
    assert refusal.startswith(f"{key} = {value!r} (from command line) ")
    assert message in refusal


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"kafka.security": "sasl"}, "kafka.username and password are for sasl, and kafka.security = 'sasl'"),
        ({"kafka.username": "a", "kafka.password": "b"}, "kafka.username and password are for sasl, and kafka.sec"),
        ({"kafka.ca": "ca.pem"}, "kafka.ca and certificate are for tls, and kafka.security = 'plaintext'"),
        ({"kafka.security": "tls", "kafka.key": "k"}, "kafka.certificate and kafka.key need one another"),
        ({"elasticsearch.url": "http://es"}, "elasticsearch.url = 'http://es' should be https, or set elasticsearch."),
        (
            {"oidc.issuer": "http://login.example"},
            "oidc.issuer should begin with https://, unless oidc.private_",
        ),
        ({"elasticsearch.ca": "ca"}, "elasticsearch.ca is for https, and elasticsearch.url = 'http://127.0.0.1:9200'"),
        ({"elasticsearch.username": "a"}, "elasticsearch.username and elasticsearch.password need one ano"),
        (
            {"elasticsearch.username": "a", "elasticsearch.password": "b", "elasticsearch.api_key": "c"},
            "elasticsearch.api_key and elasticsearch.username are both set; set one of them",
        ),
    ],
)
def test_contradictory_settings_are_named(file: Path, given: dict[str, object], message: str) -> None:
    assert refused(overrides=given).startswith(message)


def test_rules_for_all_feeds_are_checked() -> None:
    rules = load(POLL__IGNORE="section:Sport, title:horoscope").poll.ignore
    assert rules == ("section:Sport", "title:horoscope")
    with pytest.raises(SettingsError, match="should have rules of title:, link:, author: or section:"):
        load(POLL__IGNORE="Sport")


def test_values_of_a_claim_have_roles(file: Path) -> None:
    wanted = load(OIDC__ISSUER="https://login.example", OIDC__ROLES="News Desk = editor, it=admin").oidc
    assert wanted.role_of == {"News Desk": "editor", "it": "admin"}
    assert load(OIDC__DOMAINS="@Desk.Example, other.example").oidc.domains == ("desk.example", "other.example")

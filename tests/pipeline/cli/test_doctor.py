"""Settings and the state of the desk from the command line."""

import json
import socket
import tomllib
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from pydantic import SecretStr

from pipeline.cli.run import note_settings
from pipeline.roles import Role
from pipeline.services import open_services
from pipeline.settings import Settings, fields, load
from pipeline.settings.sections import Poll, Web
from tests import examples
from tests.connectors.loopback import answer, serving
from tests.pipeline.cli.conftest import Done, Onrecord, opened

KEY = "whsec_" + "A" * 32


def looks(done: Done) -> list[str]:
    """Return what `doctor` wants looked at."""
    return [line.removeprefix("look  ") for line in done.out.splitlines() if line.startswith("look")]


@pytest.fixture(autouse=True)
def free_port(monkeypatch: pytest.MonkeyPatch, onrecord: Onrecord) -> None:
    monkeypatch.setenv("ONRECORD_WEB__PORT", "0")


def test_a_sound_desk_passes_every_check(onrecord: Onrecord, filled: Path) -> None:
    done = onrecord("doctor")
    assert (done.code, looks(done)) == (0, [])
    findings = json.loads(onrecord("doctor", "--json").out)
    assert {"subject", "ok", "text"} == set(findings[0])
    assert all(finding["ok"] for finding in findings)


def test_a_new_desk_shows_first_steps(onrecord: Onrecord, file: Path) -> None:
    with opened(file):
        pass
    done = onrecord("doctor")
    assert done.code == 1
    assert [line.split(None, 1)[1] for line in looks(done)] == [
        "none: onrecord feeds add URL",
        "none: onrecord watches add TITLE --by NAME",
    ]


def test_a_feed_that_was_never_read_is_not_called_healthy(onrecord: Onrecord, file: Path) -> None:
    with opened(file) as services:
        services.desk.save(examples.feed("https://courier.example/never"))
    assert "1, none in trouble, 1 not read yet" in onrecord("doctor").out


def test_without_a_desk_the_missing_file_is_named(onrecord: Onrecord, file: Path) -> None:
    done = onrecord("doctor")
    assert done.code == 1
    assert f"{file} does not exist yet" in looks(done)[0]


def test_doctor_checks_the_services_of_the_settings(
    onrecord: Onrecord, filled: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving() as server, closing(socket.create_server(("127.0.0.1", 0))) as reserved:
        address, silent = f"http://{server.address}", f"http://127.0.0.1:{reserved.getsockname()[1]}"
        reserved.close()
        server.routes["/translate"] = answer('{"translatedText": "Guten Morgen"}')
        monkeypatch.setenv("ONRECORD_TRANSLATE__SERVICE", "libretranslate")
        monkeypatch.setenv("ONRECORD_TRANSLATE__PRIVATE_ADDRESSES", "true")
        monkeypatch.setenv("ONRECORD_REVIEW__MODEL", "small")
        for translating, reviewing, tracing in ((address, address, address), (silent, silent, silent)):
            monkeypatch.setenv("ONRECORD_TRANSLATE__ADDRESS", translating)
            monkeypatch.setenv("ONRECORD_REVIEW__ADDRESS", f"{reviewing}/v1")
            monkeypatch.setenv("ONRECORD_TRACES", f"{tracing}/v1/traces")
            monkeypatch.setenv("ONRECORD_OIDC__ISSUER", reviewing)
            monkeypatch.setenv("ONRECORD_OIDC__PRIVATE_ADDRESSES", "true")
            findings = json.loads(onrecord("doctor", "--json").out)
            named = ("translator", "reviewer", "collector", "login provider")
            services = [finding for finding in findings if finding["subject"] in named]
            assert [finding["ok"] for finding in services] == [translating == address] * 4


def test_a_file_that_others_can_read_is_named(onrecord: Onrecord, filled: Path) -> None:
    filled.chmod(0o644)
    done = onrecord("doctor")
    assert done.code == 1
    assert any(f"chmod 600 {filled}" in line for line in looks(done))


def test_a_failed_check_says_what_to_do(onrecord: Onrecord, filled: Path) -> None:
    onrecord("ingest", "-", stdin="{bad")
    with opened(filled) as services:
        services.desk.save(
            examples.feed(),
            examples.feed_state(failures=4, last_error="https://courier.example/feed answers 500"),
            replace(examples.watch(), deliver=("webhook:https://hook.example/",)),
        )
        services.log.append("articles", [])
        for delivery in services.outbox.listing():
            services.outbox.update(replace(delivery, state="failed"))
    done = onrecord("doctor")
    assert done.code == 1
    found = "\n".join(looks(done))
    assert "1; `onrecord dead-letters list` shows them" in found
    assert "https://courier.example/feed failed 4 times in a row: https://courier.example/feed answers 500" in found
    assert "harbour: " in found
    assert "webhook.secret" in found
    assert "1 failed: `onrecord alerts list --state failed`" in found


def test_doctor_counts_the_browsers_that_get_alerts(
    onrecord: Onrecord, filled: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = generate_private_key(SECP256R1()).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    monkeypatch.setenv("ONRECORD_PUSH__KEY", key.decode())
    monkeypatch.setenv("ONRECORD_PUSH__CONTACT", "mailto:desk@onrecord.example")
    with opened(filled) as services:
        services.desk.save(replace(examples.watch(), deliver=("push:ada-ek",)))
    assert "harbour: ada-ek has no browser that takes alerts; see /account" in "\n".join(looks(onrecord("doctor")))
    with opened(filled) as services:
        services.desk.save(examples.push_subscription())
    done = onrecord("doctor")
    assert looks(done) == []
    assert "1 browser of 1 user" in done.out
    monkeypatch.setenv("ONRECORD_PUSH__CONTACT", "")
    assert any("push.contact is not set" in line for line in looks(onrecord("doctor")))


def test_doctor_names_a_wrong_setting(onrecord: Onrecord, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ONRECORD_POLL__EVERY", "soon")
    done = onrecord("doctor")
    assert done.code == 1
    assert "poll.every = 'soon' (from ONRECORD_POLL__EVERY) should be a duration" in looks(done)[0]


def test_doctor_names_an_occupied_port(onrecord: Onrecord, filled: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        monkeypatch.setenv("ONRECORD_WEB__PORT", str(port))
        assert f"web.port {port} is taken by another program" in looks(onrecord("doctor"))[0]
    assert looks(onrecord("doctor")) == []


def test_doctor_names_a_full_disk(onrecord: Onrecord, filled: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.cli.doctor._LEAST_FREE", 10**18)
    assert "GB free at" in looks(onrecord("doctor"))[0]


def test_settings_are_shown_with_their_origin_and_secrets_masked(
    onrecord: Onrecord, file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = tmp_path / "desk.toml"
    config.write_text(f'[webhook]\nsecret = "{KEY}"\n[poll]\nevery = 90\n')
    monkeypatch.setenv("ONRECORD_CONFIG", str(config))
    monkeypatch.setenv("ONRECORD_WEB__TOKEN", "open sesame, please")
    done = onrecord("config", "show", "--json")
    assert KEY not in done.out
    assert "sesame" not in done.out
    shown = {told["key"]: (told["value"], told["origin"]) for told in json.loads(done.out)}
    assert list(shown) == list(fields())
    assert shown["file"] == (str(file), "command line")
    assert shown["poll.every"] == ("1m30s", str(config))
    assert shown["poll.longest"] == ("6h", "default")
    assert shown["web.port"] == (0, "ONRECORD_WEB__PORT")
    assert shown["web.token"] == ("**********", "ONRECORD_WEB__TOKEN")
    assert ["poll.every", '"1m30s"', str(config)] in [row[:3] for row in onrecord("config", "show").rows]
    assert onrecord("config", "path").out == f"{config}\n"
    assert not file.exists()


def test_a_wrong_settings_file_is_reported(onrecord: Onrecord, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ONRECORD_CONFIG", str(tmp_path / "none.toml"))
    done = onrecord("config", "show")
    assert (done.code, done.err) == (78, f"onrecord: config: {tmp_path / 'none.toml'} does not exist\n")


def test_the_example_is_a_settings_file_of_the_defaults(onrecord: Onrecord, tmp_path: Path) -> None:
    example = onrecord("config", "example").out
    assert tomllib.loads(example) == {
        section: {}
        for section in (
            "brief",
            "budget",
            "elasticsearch",
            "email",
            "evidence",
            "extract",
            "fetch",
            "job",
            "kafka",
            "keep",
            "oidc",
            "poll",
            "push",
            "review",
            "translate",
            "web",
            "webhook",
        )
    }
    bare = [line.removeprefix("# ") for line in example.splitlines() if " = " in line or line.startswith("[")]
    written = tmp_path / "example.toml"
    written.write_text("\n".join(line for line in bare if "…" not in line))
    assert load(written, {}, {}) == Settings()


def test_the_audit_log_lists_changes_with_their_user(onrecord: Onrecord, filled: Path) -> None:
    onrecord("actors", "add", "Bo Ek")
    onrecord("actors", "add", "Bo Ek", "--alias", "Ek", "--replace")
    rows = onrecord("audit", "bo-ek").rows
    assert [row[2:4] for row in rows] == [["changed", "actor bo-ek"], ["added", "actor bo-ek"]]
    assert all(row[1].endswith(", on the command line") for row in rows)
    assert 'aliases: [] → ["Ek"]' in rows[0][4]
    assert onrecord("audit", "actor", "--most", 1).rows == rows[:1]
    assert json.loads(onrecord("audit", "--json").out)[0]["record"] == "bo-ek"
    assert onrecord("audit", "watch").rows == []


def test_the_audit_log_has_the_settings_of_each_start_without_secrets(tmp_path: Path, onrecord: Onrecord) -> None:
    slack, file = "slack:https://hooks.slack.com/services/T0/B0/s3cr3t", tmp_path / "desk.sqlite"
    for every in (4, 4, 8):
        poll = Poll(every=timedelta(minutes=every), tell=slack)
        settings = Settings(file=file, poll=poll, web=Web(token=SecretStr("a token of sixteen")))
        with closing(open_services(settings)) as services:
            note_settings(services, tuple(Role))
            note_settings(services, (Role.JOB,))
    newest, first = onrecord("audit", "settings").rows
    assert newest[4] == 'poll.every: "4m" → "8m"'
    assert 'web.token: "**********"' in first[4]
    assert "s3cr3t" not in first[4]
    assert "sixteen" not in first[4]


def test_the_evidence_is_shown_with_its_limit(
    onrecord: Onrecord, filled: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "ok    evidence" not in onrecord("doctor").out
    kept = filled.parent / "evidence" / "kept" / "01" / "0123456789abcdef-20260302T120000000000.warc.gz"
    kept.parent.mkdir(parents=True)
    kept.write_bytes(b"x" * 990_000)
    monkeypatch.setenv("ONRECORD_EVIDENCE__KEEP", "365d")
    assert "ok    evidence     1.0 of 10,000.0 MB (evidence.bytes)\n" in onrecord("doctor").out
    monkeypatch.setenv("ONRECORD_EVIDENCE__BYTES", "1000000")
    advice = "raise evidence.bytes or shorten evidence.keep, or new evidence is not stored"
    assert looks(onrecord("doctor")) == [f"evidence     1.0 of 1.0 MB (evidence.bytes): {advice}"]

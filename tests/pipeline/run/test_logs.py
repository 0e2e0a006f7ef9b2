"""Log messages as lines and as JSON."""

import json
import logging
import subprocess
import sys
from collections.abc import Iterator

import pytest

from pipeline.run.logs import Style, logging_to_stderr

LOGGER = logging.getLogger("onrecord.poll")


def written(style: Style, capsys: pytest.CaptureFixture[str]) -> Iterator[str]:
    with logging_to_stderr(style, lambda error: f"/tmp/{type(error).__name__}.txt"):
        LOGGER.warning("https://a.example/feed: answered\n\x1b[31m503")
        try:
            int("no date")
        except ValueError:
            LOGGER.exception("https://a.example/feed: fault")
    yield from capsys.readouterr().err.splitlines()


def test_a_line_has_the_time_and_no_control_characters(capsys: pytest.CaptureFixture[str]) -> None:
    answered, fault = written("text", capsys)
    assert answered[8:] == " https://a.example/feed: answered [31m503"
    assert fault[8:] == " https://a.example/feed: fault; details are in /tmp/ValueError.txt"


def test_json_has_the_fields_of_elastics_schema(capsys: pytest.CaptureFixture[str]) -> None:
    answered, fault = (json.loads(line) for line in written("json", capsys))
    assert answered["@timestamp"].endswith("Z")
    assert (answered["log.level"], answered["log"], answered["service"]) == (
        "warning",
        {"logger": "onrecord.poll"},
        {"name": "onrecord"},
    )
    assert answered["message"] == "https://a.example/feed: answered\n\x1b[31m503"
    assert (fault["error"]["type"], fault["error"]["message"]) == (
        "ValueError",
        "invalid literal for int() with base 10: 'no date'",
    )
    assert 'int("no date")' in fault["error"]["stack_trace"]


def test_a_worker_of_flink_logs_our_messages_and_only_errors_of_libraries() -> None:
    program = (
        "import logging; logging.warning('before');"
        "from pipeline.run.logs import log_to_stderr; log_to_stderr('json');"
        "logging.getLogger('apache_beam').warning('a'); logging.getLogger('apache_beam').error('b');"
        "logging.getLogger('onrecord.job').info('c')"
    )
    done = subprocess.run([sys.executable, "-c", program], stderr=subprocess.PIPE, text=True, check=True)
    before, *after = done.stderr.splitlines()
    assert before == "WARNING:root:before"
    assert [json.loads(line)["message"] for line in after] == ["b", "c"]

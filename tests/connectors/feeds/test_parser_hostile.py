"""Bodies made to harm: each ends soon with an answer or one clear line, and the next body is read as ever."""

import time
from functools import cache

import pytest

from connectors.feeds.parser import Parser
from pipeline.settings.sections import Poll
from tests.bench.hostile import GOOD, outcome
from tests.hostile import Task, bodies

QUICK = (
    "100,000 attributes",
    "100,000 levels",
    "HTML of 100,000 levels",
    "entities in entities",
    "1 MB of NUL",
    "an encoding that is a codec",
    "JSON of 100,000 levels",
    "JSON of wrong types",
    "a page of 100,000 levels",
    "a page of 100,000 links",
    "a page that is a picture",
    "JSON-LD of 100,000 levels",
    "OPML of entities",
    "robots.txt of stars",
)


@cache
def named_bodies() -> dict[str, tuple[Task, bytes]]:
    return {name: (task, body) for name, task, body in bodies()}


def check(parser: Parser, name: str) -> None:
    task, body = named_bodies()[name]
    started = time.monotonic()
    told = outcome(parser, task, body)
    assert told
    assert "\n" not in told
    assert len(told) < 600
    assert time.monotonic() - started < 15, "two seconds of CPU, or ten of a machine that is busy with other things"
    assert outcome(parser, "feed", GOOD) == "1 entries"


@pytest.mark.parametrize("name", QUICK)
def test_a_hostile_body(parser: Parser, name: str) -> None:
    check(parser, name)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_all_hostile_bodies() -> None:
    assert len(named_bodies()) >= 60
    with Parser(Poll(), processes=1) as parser:
        for name in named_bodies():
            check(parser, name)

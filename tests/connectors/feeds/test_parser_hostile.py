"""Bodies made to harm: each ends soon with an answer or one clear line, and the next body is read as ever."""

from collections import Counter
from collections.abc import Iterator
from typing import get_args

import pytest

from tests.bench.hostile import Probe
from tests.hostile import bodies
from tests.hostile.body import Hostile, Task

QUICK = (
    ("feed", "100,000 levels in RSS"),
    ("feed", "HTML of 100,000 levels"),
    ("feed", "1 MB of NUL"),
    ("feed", "an encoding that is a codec"),
    ("feed", "wrong types in the items of a JSON feed"),
    ("page", "50,000 open select in a page"),
    ("opml", "an entity of a file in OPML"),
    ("robots", "robots.txt of stars"),
    ("message", "an e-mail of 5,000 parts in parts"),
    ("pdf", "a PDF of a tree of pages in a circle"),
    ("people", "a table of a quotation mark without end"),
    pytest.param("zstd", "1,000,000 frames of nothing", marks=pytest.mark.slow),
)


def check(probe: Probe, hostile: Hostile) -> None:
    measured = probe.measure(hostile)
    assert not measured.over, f"{hostile.task}: {hostile.name}: {measured}"


def test_hostile_bodies_differ_and_come_in_every_format() -> None:
    names = Counter((each.task, each.name) for each in bodies())
    assert max(names.values()) == 1
    assert len(names) >= 450
    assert {task for task, _ in names} == set(get_args(Task))


@pytest.fixture(scope="module")
def shared() -> Iterator[Probe]:
    with Probe() as probe:
        yield probe


@pytest.mark.slow
@pytest.mark.parametrize(("task", "name"), QUICK)
def test_a_hostile_body(shared: Probe, task: str, name: str) -> None:
    (hostile,) = (each for each in bodies() if (each.task, each.name) == (task, name))
    check(shared, hostile)


@pytest.mark.slow
@pytest.mark.timeout(1_800)
@pytest.mark.parametrize("task", get_args(Task))
def test_all_hostile_bodies(task: Task) -> None:
    with Probe() as probe:
        for hostile in bodies():
            if hostile.task == task:
                check(probe, hostile)

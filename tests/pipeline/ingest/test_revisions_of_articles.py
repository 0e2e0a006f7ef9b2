"""An article is new, revised, replayed or a duplicate, by the log alone."""

from dataclasses import replace

from pipeline.ingest.revisions import revise
from pipeline.model import Article
from pipeline.ports import Revision
from tests import examples

FIRST = examples.article()
SECOND = replace(FIRST, text=FIRST.text + " It was wrong about the day.")


def outcomes(*arrivals: tuple[Article, str]) -> list[int | None]:
    """The revision number of each arrival, None for duplicates."""
    existing: tuple[Revision, ...] = ()
    numbers: list[int | None] = []
    for article, origin in arrivals:
        revised, existing = revise(existing, article, origin)
        numbers.append(revised.revision if revised else None)
    return numbers


def test_new_content_is_a_new_revision() -> None:
    assert outcomes((FIRST, "articles/0/0"), (SECOND, "articles/0/1")) == [1, 2]


def test_the_same_content_again_is_a_duplicate() -> None:
    assert outcomes((FIRST, "articles/0/0"), (FIRST, "articles/0/1")) == [1, None]


def test_restored_content_is_a_duplicate() -> None:
    assert outcomes((FIRST, "articles/0/0"), (SECOND, "articles/0/1"), (FIRST, "articles/0/2")) == [1, 2, None]


def test_a_replayed_record_has_the_outcome_it_had() -> None:
    log = [(FIRST, "articles/0/0"), (SECOND, "articles/0/1"), (FIRST, "articles/0/2")]
    assert outcomes(*log, *log) == [1, 2, None, 1, 2, None]

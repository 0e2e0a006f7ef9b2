"""Rollover, retention, and snapshots of the indices, on a real server."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from connectors.elasticsearch import generations, lifecycle
from connectors.elasticsearch.client import Elasticsearch as Client
from connectors.elasticsearch.index import ElasticsearchIndex
from connectors.elasticsearch.lifecycle import rebuild
from pipeline.errors import SettingsError, UsageError
from pipeline.model import Decision
from pipeline.settings.servers import Elasticsearch
from tests import examples
from tests.connectors.elasticsearch.conftest import now
from tests.pipeline.ports.asking import article, ask, document, seen, texts

pytestmark = pytest.mark.servers

BEGIN = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)  # the start of the first generation
ROLLED = BEGIN + timedelta(days=40)
LATER = ROLLED + generations.NOTICE + timedelta(hours=1)  # in the second generation


@pytest.fixture
def index(settings: Elasticsearch) -> Iterator[ElasticsearchIndex]:
    opened = ElasticsearchIndex(settings, lambda: BEGIN)
    opened.add([seen("early", BEGIN)])
    yield opened
    opened.close()


def rolled(client: Client, settings: Elasticsearch, index: ElasticsearchIndex) -> None:
    """Begin a second generation, which the index knows of."""
    (start,) = generations.roll_over(client, settings, ROLLED)
    assert ROLLED + generations.NOTICE <= start < LATER
    index._store._starts = ()


def counts(settings: Elasticsearch) -> list[int]:
    return [each.records for each in generations.generations(settings)]


def test_old_indices_are_replaced_and_both_are_searched(
    client: Client, settings: Elasticsearch, index: ElasticsearchIndex
) -> None:
    assert generations.roll_over(client, settings, BEGIN + timedelta(days=29)) == []
    rolled(client, settings, index)
    assert generations.roll_over(client, settings, ROLLED) == []  # it has not started yet
    index.add([seen("late", LATER), seen("between", ROLLED)])
    assert texts(ask(index)) == ["late", "between", "early"]
    page = ask(index, limit=1)
    assert texts(ask(index, limit=2, cursor=page.cursor)) == ["between", "early"]
    assert counts(settings) == [2, 1]


def test_a_repeated_call_stores_nothing_twice(
    client: Client, settings: Elasticsearch, index: ElasticsearchIndex
) -> None:
    first = examples.decision()
    decision = replace(first, report=replace(first.report, article=replace(first.report.article, first_seen=BEGIN)))
    index.add([decision])
    rolled(client, settings, index)
    index.add([seen("early", BEGIN), decision])
    assert counts(settings) == [2, 0]
    assert index.verdicts([decision.report.quote.id]) == {decision.report.quote.id: decision}
    assert ask(index, collection="statements").total == 1


def test_a_revision_replaces_one_of_an_earlier_generation(
    client: Client, settings: Elasticsearch, index: ElasticsearchIndex
) -> None:
    first = document(article("tram", "The tram stops.", first_seen=BEGIN, published=None), "The tram stops.")
    revised = replace(first.article, revision=2, text="The tram runs.", first_seen=LATER)
    index.add([first])
    rolled(client, settings, index)
    index.add([document(revised, "The tram runs.")])
    index.add([first])  # as a crash repeats it
    assert texts(ask(index, "tram")) == ["The tram runs."]
    assert texts(ask(index, "tram", "articles")) == ["The tram runs."]
    assert [each.article.revision for each in index.documents(first.article.id)] == [1, 2]


def test_relevance_does_not_depend_on_the_generation(
    client: Client, settings: Elasticsearch, index: ElasticsearchIndex
) -> None:
    rolled(client, settings, index)
    common = [seen(f"ferry number{number}", LATER) for number in range(4)]
    index.add([*common, seen("ferry harbour", BEGIN), seen("harbour", LATER)])
    scores = [(hit.text, place) for place, hit in enumerate(ask(index, "ferry OR harbour", order="relevance").hits)]
    assert scores[0][0] == "ferry harbour"
    assert scores[1][0] == "harbour"  # rarer than "ferry" in all indices together


def test_large_indices_are_replaced_before_they_are_old(
    client: Client, settings: Elasticsearch, index: ElasticsearchIndex
) -> None:
    small = settings.model_copy(update={"rollover_bytes": 1})
    assert generations.roll_over(client, settings, BEGIN + timedelta(days=1)) == []
    assert generations.roll_over(client, small, BEGIN + timedelta(days=1))


def test_upkeep_continues_while_a_shard_is_unassigned(
    client: Client, settings: Elasticsearch, index: ElasticsearchIndex
) -> None:
    """The state after a full disk, when the server starts the shards again one by one."""
    small = settings.model_copy(update={"rollover_bytes": 1})
    for each in generations.known_indices(client, settings):
        shape = client.indices.get(index=each.name)[each.name]
        client.indices.delete(index=each.name)
        client.indices.create(
            index=each.name,
            mappings=shape["mappings"],
            aliases=shape["aliases"],
            settings={
                "analysis": shape["settings"]["index"]["analysis"],
                "index.routing.allocation.require._name": "nobody",
            },
            wait_for_active_shards=0,
            timeout="0s",
        )
    assert generations.size_of(client, settings) == 0
    assert generations.roll_over(client, small, BEGIN + timedelta(days=1)) == []


def test_indices_without_records_are_not_replaced(client: Client, settings: Elasticsearch) -> None:
    generations.make_missing(client, settings, BEGIN)
    assert generations.roll_over(client, settings, ROLLED) == []


def test_a_rollover_that_broke_off_is_completed(
    client: Client, settings: Elasticsearch, index: ElasticsearchIndex
) -> None:
    start = generations.to_the_minute(ROLLED)
    generations.create(client, settings, "documents", start)
    assert generations.make_missing(client, settings, ROLLED) == (BEGIN, start)
    starts = {(each.collection, each.start) for each in generations.known_indices(client, settings)}
    assert starts == {(collection, each) for collection in generations.COLLECTIONS for each in (BEGIN, start)}


def test_indices_of_an_earlier_release_become_the_first_generation(
    client: Client, settings: Elasticsearch, index: ElasticsearchIndex
) -> None:
    for each in generations.known_indices(client, settings):
        client.indices.delete_alias(
            index=each.name, name=generations.generation_alias(settings, each.collection, BEGIN)
        )
    (start,) = generations.make_missing(client, settings, now())
    assert timedelta(0) <= now() - start < timedelta(hours=1)
    assert {each.start for each in generations.known_indices(client, settings)} == {start}
    index._store._starts = ()
    index.add([seen("late", LATER)])
    assert texts(ask(index)) == ["late", "early"]


def test_whole_indices_are_deleted_when_all_is_older_than_it_may_be(
    client: Client, settings: Elasticsearch, index: ElasticsearchIndex
) -> None:
    rolled(client, settings, index)
    index.add([seen("late", LATER)])
    retained = settings.model_copy(update={"keep": timedelta(days=100)})
    assert generations.drop(client, settings, LATER + timedelta(days=1000)) == []
    assert generations.drop(client, retained, ROLLED + timedelta(days=100)) == []
    names = generations.drop(client, retained, LATER + timedelta(days=100))
    assert sorted(names) == sorted(f"{settings.prefix}{name}-000001" for name in generations.COLLECTIONS)
    assert names[-1].startswith(f"{settings.prefix}documents")
    assert texts(ask(index)) == ["late"]
    index._store._starts = ()
    index.add([seen("early", BEGIN)])  # the oldest generation takes what is older
    assert texts(ask(index)) == ["late", "early"]


def test_every_generation_is_rebuilt(client: Client, settings: Elasticsearch, index: ElasticsearchIndex) -> None:
    rolled(client, settings, index)
    index.add([seen("late", LATER)])
    before = [(each.start, each.records) for each in generations.generations(settings)]
    assert rebuild(settings, now) == 2
    assert [(each.start, each.records) for each in generations.generations(settings)] == before
    assert texts(ask(index)) == ["late", "early"]
    names = {each.name for each in generations.known_indices(client, settings)}
    assert names == {f"{settings.prefix}{name}-00000{number}" for name in generations.COLLECTIONS for number in (3, 4)}


def test_a_policy_that_the_server_does_not_know_is_a_wrong_setting(client: Client, settings: Elasticsearch) -> None:
    with_policy = settings.model_copy(update={"lifecycle": "news"})
    with pytest.raises(SettingsError, match=r"elasticsearch\.lifecycle = 'news' is not known at http"):
        generations.make_missing(client, with_policy, BEGIN)


@pytest.fixture
def with_repository(client: Client, settings: Elasticsearch) -> Iterator[Elasticsearch]:
    name = settings.prefix.removesuffix("-")
    place = {"type": "fs", "settings": {"location": Path(name).name}}
    client.snapshot.create_repository(name=name, repository=place)
    yield settings.model_copy(update={"repository": name})
    client.snapshot.delete(repository=name, snapshot="*")
    client.snapshot.delete_repository(name=name)


def test_a_lost_index_is_restored_from_a_snapshot(
    client: Client, with_repository: Elasticsearch, index: ElasticsearchIndex
) -> None:
    rolled(client, with_repository, index)
    decision: Decision = examples.decision()
    index.add([seen("late", LATER), decision])
    taken = lifecycle.take_snapshot(with_repository, LATER)
    assert (taken.state, taken.name) == ("SUCCESS", f"{with_repository.prefix}{LATER:%Y%m%dt%H%M}")
    with pytest.raises(UsageError, match="a restore needs an empty one"):
        lifecycle.restore(with_repository)

    client.indices.delete(index=[each.name for each in generations.known_indices(client, with_repository)])
    generations.make_missing(client, with_repository, LATER)  # as another process does at once
    assert lifecycle.restore(with_repository) == taken

    assert texts(ask(index)) == ["late", "early"]
    assert index.verdicts([decision.report.quote.id])
    index.add([seen("after", LATER + timedelta(minutes=1))])
    assert texts(ask(index)) == ["after", "late", "early"]


def test_snapshots_are_taken_when_they_are_due_and_the_oldest_are_deleted(
    with_repository: Elasticsearch, client: Client, index: ElasticsearchIndex
) -> None:
    few = with_repository.model_copy(update={"snapshots": 2})
    for day in range(4):
        lifecycle.take_snapshot(few, (LATER + timedelta(days=day)).replace(hour=0, minute=0))
    last = (LATER + timedelta(days=3)).replace(hour=0, minute=0)
    before = lifecycle.upkeep(few, lambda: last + timedelta(hours=23))
    assert [line.split()[0] for line in before][-2:] == ["deleted"] * 2
    assert len(lifecycle.snapshots(few)) == 2
    measured: list[tuple[int, timedelta | None]] = []
    (started,) = lifecycle.upkeep(
        few, lambda: last + timedelta(hours=24, minutes=1), lambda *figures: measured.append(figures)
    )
    ((size, age),) = measured
    assert size > 0
    assert age is not None
    assert started == f"started the snapshot {few.prefix}{last + timedelta(days=1):%Y%m%dt%H%M}"


def test_snapshots_need_a_repository(settings: Elasticsearch) -> None:
    with pytest.raises(SettingsError, match=r"elasticsearch\.repository is not set"):
        lifecycle.snapshots(settings)
    with pytest.raises(SettingsError, match=r"elasticsearch\.repository = 'nowhere': .*missing"):
        lifecycle.snapshots(settings.model_copy(update={"repository": "nowhere"}))
    with pytest.raises(UsageError, match="there is no complete snapshot"):
        lifecycle._chosen([], "")

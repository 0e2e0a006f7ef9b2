"""The sample desk is whole: it loads, unfolds in order, and holds every word it expects to be found."""

from datetime import timedelta
from importlib.resources import files

from pipeline.sample import SampleItem, load

SAMPLE = load()
ENTRY = {entry.name: entry for entry in SAMPLE.entries}


def expected() -> list[list[str]]:
    written = files("pipeline.sample").joinpath("EXPECTED.md").read_text("utf-8")
    rows = [line.strip("|").split("|") for line in written.splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in row] for row in rows[1:]]


def test_every_entry_belongs_to_a_feed_and_every_feed_has_one() -> None:
    assert {entry.feed for entry in SAMPLE.entries} == {feed.id for feed in SAMPLE.feeds}


def test_an_entry_has_text_or_a_summary() -> None:
    assert all(entry.text or entry.summary for entry in SAMPLE.entries)


def test_every_expected_word_is_in_its_article() -> None:
    rows = expected()
    missing = [row for row in rows if row[2] not in ENTRY[row[0]].text + ENTRY[row[0]].summary]
    assert len(rows) > 30
    assert missing == []


def test_every_expected_speaker_is_an_actor_and_every_alert_a_watch() -> None:
    watches = {watch.id for watch in SAMPLE.watches}
    assert {row[1] for row in expected()} == {actor.name for actor in SAMPLE.actors}
    assert {word.strip("() ") for row in expected() for word in row[6].split(",")} == watches | {"–"}


def test_watches_name_actors_of_the_desk() -> None:
    actors = {actor.id for actor in SAMPLE.actors}
    assert {actor for watch in SAMPLE.watches for actor in watch.by + watch.about} <= actors


def test_the_copy_is_word_for_word_under_another_headline_and_address() -> None:
    wire, copy = ENTRY["03-wire-closed"], ENTRY["04-copy-closed"]
    assert copy.text == wire.text
    assert (copy.feed, copy.path, copy.title) != (wire.feed, wire.path, wire.title)


def test_the_correction_takes_the_place_of_what_it_corrects() -> None:
    first = ENTRY["07a-crews-ready"]
    before = SAMPLE.carried(first.feed, timedelta(seconds=19))
    after = SAMPLE.carried(first.feed, SAMPLE.length)
    assert [entry.revision for entry in before if entry.path == first.path] == [1]
    assert [entry.revision for entry in after if entry.path == first.path] == [2]


def test_the_late_article_appears_long_after_it_was_published() -> None:
    late = ENTRY["08-courier-late-interview"]
    assert late.appears > timedelta(0)
    assert late.published <= timedelta(days=-2)


def test_some_articles_are_there_at_the_first_poll() -> None:
    assert {entry.name for feed in SAMPLE.feeds for entry in SAMPLE.carried(feed.id, timedelta(0))} == {
        "01-bridge-at-thirty",
        "02-profile-osk",
    }


def test_html_escapes_and_keeps_paragraphs() -> None:
    entry = ENTRY["13-courier-eight-weeks"]
    assert entry.html.count("<p>") == len(entry.text.split("\n\n"))


def carried(elapsed: timedelta) -> list[SampleItem]:
    return [entry for feed in SAMPLE.feeds for entry in SAMPLE.carried(feed.id, elapsed)]


def test_the_outlets_publish_one_bulletin_every_twenty_seconds_after_the_story() -> None:
    story = {entry.path for entry in carried(SAMPLE.length)}
    later = [SAMPLE.length + timedelta(seconds=20 * count) - timedelta(seconds=1) for count in range(1, 10)]
    assert [len({entry.path for entry in carried(moment)} - story) for moment in later] == [*range(9)]


def test_every_issue_of_a_bulletin_has_its_own_address_and_number() -> None:
    for bulletin in SAMPLE.bulletins:
        issues = [bulletin.issue(number, SAMPLE.length) for number in range(100)]
        assert len({entry.path for entry in issues}) == len({entry.title for entry in issues}) == 100
        assert len({entry.text for entry in issues}) == 100
        assert not any("{" in entry.path + entry.title + entry.text for entry in issues)


def test_every_bulletin_quotes_an_actor() -> None:
    for bulletin in SAMPLE.bulletins:
        assert any(actor.name in bulletin.article.text for actor in SAMPLE.actors)


def test_old_bulletins_leave_their_feeds() -> None:
    day = carried(SAMPLE.length + timedelta(days=1))
    assert len(day) <= len(carried(SAMPLE.length)) + 4 * len(SAMPLE.bulletins)
    assert any("1080" in entry.path for entry in day)

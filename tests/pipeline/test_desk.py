"""Checks of the desk's records: feeds, actors, groups and watches."""

from contextlib import nullcontext
from dataclasses import replace

import pytest

from pipeline.desk import check_actor, check_feed, check_free, check_unused, shared_names
from pipeline.errors import UsageError
from pipeline.model import Actor
from tests import examples


@pytest.mark.parametrize("url", ["https://courier.example/feed", "http://[::1]:8080/rss"])
def test_web_addresses_are_feeds(url: str) -> None:
    check_feed(examples.feed(url))


@pytest.mark.parametrize(
    "url", ["", "courier.example/feed", "javascript:alert(1)", "file://courier.example/x", "https://", "http://[half"]
)
def test_other_schemes_are_refused(url: str) -> None:
    with pytest.raises(UsageError, match="feed"):
        check_feed(examples.feed(url))


@pytest.mark.parametrize(("language", "valid"), [("de", True), ("pt-BR", True), ("deutsch", False), ("d", False)])
def test_the_language_of_a_feed_is_a_code(language: str, valid: bool) -> None:
    feed = replace(examples.feed("https://courier.example/feed"), language=language)
    with nullcontext() if valid else pytest.raises(UsageError, match="code such as en or pt-BR"):
        check_feed(feed)


def test_an_actor_needs_letters_and_a_true_wikidata_id() -> None:
    check_actor(examples.actor(wikidata="Q42"))
    with pytest.raises(UsageError, match=r"'\.\.\.'"):
        check_actor(examples.actor("..."))
    with pytest.raises(UsageError, match="'!'"):
        check_actor(examples.actor(aliases=("!",)))
    with pytest.raises(UsageError, match="'q42'"):
        check_actor(examples.actor(wikidata="q42"))


def test_an_actor_in_a_watch_or_group_is_not_removed() -> None:
    check_unused("jonas-berg", [examples.watch()], [examples.group()])
    with pytest.raises(UsageError, match="watch 'harbour'"):
        check_unused("ada-lindqvist", [examples.watch()], [])
    with pytest.raises(UsageError, match="group 'council'"):
        check_unused("ada-lindqvist", [], [examples.group()])


def test_an_actor_is_not_called_what_a_group_is() -> None:
    check_free(examples.actor(), [examples.group()])
    with pytest.raises(UsageError, match="'council'"):
        check_free(examples.actor("Council", id="council"), [examples.group()])


def test_names_that_two_actors_share_are_reported() -> None:
    mira = Actor(id="mira-toft", name="Mira Toft", aliases=("Toft", "Ms Toft"))
    karl = Actor(id="karl-toft", name="Karl Toft", aliases=("toft",))
    assert [sentence.split(";")[0] for sentence in shared_names([karl], [mira, karl])] == [
        "'toft' is a name of Mira Toft too"
    ]
    assert shared_names([Actor(id="ida-ek", name="Ida Ek")], [mira, karl]) == []

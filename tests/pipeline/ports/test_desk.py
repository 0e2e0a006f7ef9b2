"""The contract of Desk."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from pipeline.model import (
    Actor,
    ApiToken,
    Change,
    Feed,
    FeedState,
    Group,
    LastUse,
    Mark,
    Mute,
    PushSubscription,
    Session,
    Triage,
    User,
    Watch,
)
from pipeline.ports import Desk
from tests import examples


def test_an_empty_desk_has_nothing(desk: Desk) -> None:
    assert desk.all(Feed) == []
    assert desk.remove(Feed, "https://courier.example/feed") is False


def test_records_of_the_desk_are_read_back_whole(desk: Desk) -> None:
    actors = [examples.actor(id=name) for name in ("b", "ä", "a", "李")]
    state = examples.feed_state(etag='W/"\x80é"', seen="ab", polled=True)
    desk.save(*actors, examples.watch(), examples.feed(title="\x80é"), state)
    assert [actor.id for actor in desk.all(Actor)] == ["a", "b", "ä", "李"]
    assert desk.all(Watch) == [examples.watch()]
    assert desk.all(Feed) == [examples.feed(title="\x80é")]
    assert desk.all(FeedState) == [state]


def test_a_record_is_retrieved_by_its_id(desk: Desk) -> None:
    desk.save(examples.actor(id="a"), examples.actor(id="b"), examples.feed(), examples.feed_state(failures=2))
    assert desk.find(Actor, "b") == examples.actor(id="b")
    assert desk.find(Actor, "c") is None
    assert desk.find(Watch, "a") is None
    assert desk.find(FeedState, examples.feed().id) == examples.feed_state(failures=2)
    desk.remove(FeedState, examples.feed().id)
    assert desk.find(FeedState, examples.feed().id) is None
    assert desk.find(Feed, examples.feed().id) == examples.feed()


def test_every_noun_is_stored(desk: Desk) -> None:
    desk.save(examples.group("bo-ek", "ada-lindqvist"), examples.mute(), examples.mark(), examples.session())
    desk.save(examples.change(), examples.change(at=examples.NOON - timedelta(days=1)))
    assert [change.at for change in desk.all(Change)] == [examples.NOON - timedelta(days=1), examples.NOON]
    assert desk.all(Change)[1] == examples.change()
    assert desk.all(Session) == [examples.session()]
    assert desk.all(Group) == [examples.group("bo-ek", "ada-lindqvist")]
    assert (desk.all(Mute), desk.all(Mark)) == ([examples.mute()], [examples.mark()])
    desk.save(examples.user(zone="Europe/Oslo", languages=("de", "en")))
    assert desk.find(User, "ada-ek") == examples.user(zone="Europe/Oslo", languages=("de", "en"))
    desk.save(examples.token(), LastUse(id="70ce", at=examples.NOON))
    assert desk.all(ApiToken) == [examples.token()]
    assert desk.find(LastUse, "70ce") == LastUse(id="70ce", at=examples.NOON)
    desk.save(examples.push_subscription())
    assert desk.all(PushSubscription) == [examples.push_subscription()]
    desk.save(examples.triage())
    assert desk.find(Triage, examples.triage().id) == examples.triage()
    assert desk.remove(Mute, examples.mute().id) is True
    assert desk.all(Mute) == []


def test_saving_replaces_by_id(desk: Desk) -> None:
    desk.save(examples.actor())
    desk.save(examples.actor(name="Ada Maria Lindqvist"))
    assert [actor.name for actor in desk.all(Actor)] == ["Ada Maria Lindqvist"]


def test_the_last_record_of_an_id_in_a_call_counts(desk: Desk) -> None:
    desk.save(examples.actor(), examples.actor(name="Ada Maria Lindqvist"))
    assert [actor.name for actor in desk.all(Actor)] == ["Ada Maria Lindqvist"]


def test_a_removal_concerns_a_single_type_of_record(desk: Desk) -> None:
    desk.save(examples.actor(id="same"), examples.watch(id="same"))
    assert desk.remove(Actor, "same") is True
    assert desk.remove(Actor, "same") is False
    assert desk.all(Actor) == []
    assert len(desk.all(Watch)) == 1


def test_the_version_counts_the_changes_of_its_type_only(desk: Desk) -> None:
    versions = [desk.version(Actor)]
    desk.save(examples.actor())
    versions.append(desk.version(Actor))
    desk.save(examples.actor(name="Ada Maria Lindqvist"))
    versions.append(desk.version(Actor))
    desk.remove(Actor, "ada-lindqvist")
    versions.append(desk.version(Actor))
    desk.save(examples.actor(id="a"), examples.actor(id="b"))
    versions.append(desk.version(Actor))
    assert versions == [versions[0] + changes for changes in range(5)]
    desk.save(examples.feed())
    desk.save()
    desk.remove(Actor, "nobody")
    assert desk.version(Actor) == versions[-1]


def test_threads_save_side_by_side(desk: Desk) -> None:
    def save(writer: int) -> None:
        for number in range(10):
            desk.save(examples.feed(url=f"https://{writer}.example/{number}"))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(save, range(4)))
    assert len(desk.all(Feed)) == 40

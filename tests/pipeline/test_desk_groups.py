"""Groups stand for their actors, and are in no circle."""

import pytest

from pipeline.desk import check_group, find_id, members
from pipeline.errors import UsageError
from pipeline.model import Group
from tests.examples import actor, group

BO = actor("Bo Ek", id="bo-ek", aliases=())
ACTORS = [actor(), BO]


def by_id(*groups: Group) -> dict[str, Group]:
    return {each.id: each for each in groups}


def test_a_group_stands_for_its_actors_and_those_of_its_groups() -> None:
    groups = by_id(group("ada-lindqvist", "port"), Group(id="port", name="Port", members=("bo-ek",)))
    assert members(["council"], groups) == {"ada-lindqvist", "bo-ek"}
    assert members(["council", "jonas-berg"], groups) == {"ada-lindqvist", "bo-ek", "jonas-berg"}
    assert members([], groups) == frozenset()


def test_a_circle_that_came_about_all_the_same_ends() -> None:
    groups = by_id(group("port", "bo-ek"), Group(id="port", name="Port", members=("council", "ada-lindqvist")))
    assert members(["council"], groups) == {"ada-lindqvist", "bo-ek"}


@pytest.mark.parametrize(
    ("of", "others", "message"),
    [
        (group(members=()), [], "no members"),
        (group("nobody"), [], "neither an actor nor a group: 'nobody'"),
        (group(name="!"), [], "without a letter"),
        (group(id="bo-ek"), [], "cannot be called what an actor is"),
        (group("council"), [], "in a circle: council → council"),
        (
            group("a"),
            [Group(id="a", name="A", members=("bo-ek", "b")), Group(id="b", name="B", members=("council",))],
            "in a circle: council → a → b → council",
        ),
    ],
)
def test_malformed_groups_are_refused(of: Group, others: list[Group], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        check_group(of, ACTORS, others)


def test_a_group_may_have_another_and_be_changed() -> None:
    port = Group(id="port", name="Port", members=("bo-ek",))
    check_group(group("ada-lindqvist", "port"), ACTORS, [port, group("port")])


def test_a_ladder_of_groups_is_walked_once() -> None:
    rungs = [Group(id=f"g{n}", name="G", members=(f"g{n + 1}", f"g{n + 2}")) for n in range(2_000)]
    ends = [Group(id=f"g{n}", name="G", members=("bo-ek",)) for n in (2_000, 2_001)]
    check_group(rungs[0], ACTORS, [*rungs, *ends])
    assert members(["g0"], by_id(*rungs, *ends)) == {"bo-ek"}


def test_a_name_is_that_of_an_actor_or_a_group() -> None:
    assert find_id("lindqvist", ACTORS, [group()]) == "ada-lindqvist"
    assert find_id("Council", ACTORS, [group()]) == "council"
    with pytest.raises(UsageError, match="may be any of bo-ek, bo"):
        find_id("Bo Ek", ACTORS, [group(id="bo", name="Bo Ek")])
    with pytest.raises(UsageError, match="'Cy' is not tracked yet"):
        find_id("Cy", ACTORS, [group()])

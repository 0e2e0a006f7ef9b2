"""People have pages, tracked or not; tracking loses nothing."""

from datetime import UTC, datetime

import pytest
from starlette.testclient import TestClient

from pipeline.model import Actor, Group, Role, Watch
from pipeline.services import Services
from tests import examples
from tests.pipeline.web.conftest import edition


def quoted(services: Services, name: str = "Jonas Berg", speaker: str = "jonas-berg", number: int = 1) -> None:
    of = examples.article(f"https://courier.example/{speaker}{number}")
    report = examples.report(of, speaker_name=name, speaker_id=speaker, about=("ada-lindqvist",))
    services.index.add([examples.decision(report, offset=number)])


def test_a_person_has_a_page(services: Services, browser: TestClient) -> None:
    quoted(services)
    page = browser.get("/people/ada-lindqvist").text
    assert "Mayor" in page
    assert "also called Lindqvist" in page
    assert "The harbour will stay open" in page
    assert '<svg class="histogram"' in page
    assert 'href="/record?speaker=jonas-berg&amp;about=ada-lindqvist"' in page
    about = browser.get("/people/ada-lindqvist?tab=about").text
    assert 'href="/people/jonas-berg"' in about
    assert "have denied nothing" in browser.get("/people/ada-lindqvist?tab=denied").text


def test_an_untracked_speaker_has_a_page_and_can_be_tracked(services: Services, browser: TestClient) -> None:
    quoted(services)
    assert "Track Jonas Berg" in browser.get("/people/jonas-berg").text
    assert "Jonas Berg" in browser.get("/people").text
    browser.post("/people", data={"name": "Jonas Berg", "watch": "yes"})
    assert [watch.by for watch in services.desk.all(Watch)] == [("jonas-berg",)]
    assert browser.get("/people/nobody-at-all").status_code == 404


def test_tracking_an_actor_again_keeps_its_attributes(services: Services, browser: TestClient) -> None:
    answer = browser.post("/people", data={"name": "Ada Lindqvist", "aliases": "", "roles": ""})
    assert answer.status_code == 400
    assert "Ada Lindqvist is tracked already" in answer.text
    (actor,) = services.desk.all(Actor)
    assert (actor.aliases, actor.roles) == (("Lindqvist",), (Role("Mayor"),))


def test_a_mistake_keeps_the_form(browser: TestClient) -> None:
    answer = browser.post("/people", data={"name": "!!!", "aliases": "Lindqvist", "roles": "Mayor"})
    assert answer.status_code == 400
    assert "without a letter" in answer.text
    assert 'value="!!!"' in answer.text
    assert 'value="Mayor"' in answer.text


def test_a_person_is_changed_and_a_role_keeps_its_dates(services: Services, browser: TestClient) -> None:
    since = datetime(2025, 1, 1, tzinfo=UTC)
    services.desk.save(examples.actor(roles=(Role("Mayor", since),)))
    form = {"id": "ada-lindqvist", "edition": edition(browser.get("/people/ada-lindqvist").text)}
    answer = browser.post(
        "/people", data={**form, "name": "Ada Lindqvist", "aliases": "A. L.", "roles": "Mayor, Chair"}
    )
    assert answer.headers["location"] == "/people/ada-lindqvist"
    (actor,) = services.desk.all(Actor)
    assert (actor.aliases, actor.roles) == (("A. L.",), (Role("Mayor", since), Role("Chair")))
    assert browser.post("/people", data={**form, "name": "Ada Ek"}).status_code == 409
    form["edition"] = edition(browser.get("/people/ada-lindqvist").text)
    assert browser.post("/people", data={**form, "name": "?"}).status_code == 400


def test_a_suggested_speaker_can_be_merged_into_an_actor(services: Services, browser: TestClient) -> None:
    quoted(services, "Lindqvist", "lindqvist")
    assert "Is Ada Lindqvist" in browser.get("/people").text
    browser.post("/people", data={"alias": "A. Lindqvist", "of": "ada-lindqvist"})
    assert services.desk.all(Actor)[0].aliases == ("Lindqvist", "A. Lindqvist")


def test_an_actor_in_a_watch_is_not_removed_and_the_page_gives_the_reason(
    services: Services, browser: TestClient
) -> None:
    services.desk.save(examples.watch())
    answer = browser.post("/people", data={"remove": "ada-lindqvist"})
    assert answer.status_code == 409
    assert "is in the watch" in answer.text
    assert 'href="/watches?change=harbour"' in answer.text


def test_merged_actors_share_watches_groups_and_record(services: Services, browser: TestClient) -> None:
    quoted(services, "Jonas E. Berg", "jonas-e-berg")
    services.desk.save(
        Actor(id="jonas-berg", name="Jonas Berg", roles=(Role("Chair"),)),
        Actor(id="jonas-e-berg", name="Jonas E. Berg", aliases=("Jonne",), wikidata="Q7"),
        examples.watch(by=("jonas-e-berg", "jonas-berg"), about=("jonas-e-berg",)),
        examples.group("jonas-e-berg", "ada-lindqvist"),
    )
    answer = browser.post("/people", data={"merge": "jonas-e-berg", "into": "Jonas Berg"})
    assert answer.headers["location"] == "/people/jonas-berg"
    known = services.desk.find(Actor, "jonas-berg")
    assert known == Actor(
        id="jonas-berg",
        name="Jonas Berg",
        aliases=("Jonas E. Berg", "Jonne"),
        roles=(Role("Chair"),),
        wikidata="Q7",
        merged=("jonas-e-berg",),
    )
    assert services.desk.find(Actor, "jonas-e-berg") is None
    (watch,), (group,) = services.desk.all(Watch), services.desk.all(Group)
    assert (watch.by, watch.about, group.members) == (("jonas-berg",), ("jonas-berg",), ("jonas-berg", "ada-lindqvist"))
    assert "The harbour will stay open" in browser.get("/people/jonas-berg").text
    assert browser.get("/people/jonas-e-berg").headers["location"] == "/people/jonas-berg"


def test_a_merged_actor_can_be_separated(services: Services, browser: TestClient) -> None:
    quoted(services, "Jonas E. Berg", "jonas-e-berg")
    whole = Actor(id="jonas-berg", name="Jonas Berg", aliases=("Jonas E. Berg",), merged=("jonas-e-berg",))
    services.desk.save(whole)
    answer = browser.post("/people", data={"split": "jonas-berg", "name": "Jonas E. Berg"})
    assert answer.headers["location"] == "/people/jonas-e-berg"
    assert services.desk.find(Actor, "jonas-berg") == Actor(id="jonas-berg", name="Jonas Berg")
    assert "The harbour will stay open" in browser.get("/people/jonas-e-berg").text
    assert "Nothing by them" in browser.get("/people/jonas-berg").text


@pytest.mark.parametrize(
    ("form", "message"),
    [
        ({"merge": "ada-lindqvist", "into": "Nobody"}, "nobody else who is tracked"),
        ({"merge": "ada-lindqvist", "into": "Ada Lindqvist"}, "nobody else who is tracked"),
        ({"split": "ada-lindqvist", "name": "Ada Lindqvist"}, "no other name of Ada Lindqvist"),
        ({"split": "ada-lindqvist", "name": "Lindqvist"}, "tracked already"),
    ],
)
def test_a_wrong_merge_or_split_is_said_on_the_page(
    services: Services, browser: TestClient, form: dict[str, str], message: str
) -> None:
    services.desk.save(Actor(id="lindqvist", name="Somebody Lindqvist"))
    answer = browser.post("/people", data=form)
    assert (answer.status_code, message in answer.text) == (400, True)
    assert services.desk.find(Actor, "ada-lindqvist") == examples.actor()


def test_a_separated_name_takes_the_place_of_no_group(services: Services, browser: TestClient) -> None:
    whole = examples.actor(aliases=("Council",))
    services.desk.save(whole, examples.group())
    answer = browser.post("/people", data={"split": "ada-lindqvist", "name": "Council"})
    assert (answer.status_code, "cannot be called what a group is" in answer.text) == (400, True)
    assert services.desk.all(Actor) == [whole]


def test_merging_in_a_circle_ends(services: Services, browser: TestClient) -> None:
    bo = examples.actor("Bo Ek", id="bo-ek", aliases=(), merged=("ada-lindqvist",))
    services.desk.save(examples.actor(merged=("bo-ek",)), bo)
    answer = browser.post("/people", data={"merge": "ada-lindqvist", "into": "bo-ek"})
    assert answer.headers["location"] == "/people/bo-ek"
    assert browser.get("/people/bo-ek").status_code == 200
    assert browser.get("/people/ada-lindqvist").headers["location"] == "/people/bo-ek"
    assert [actor.id for actor in services.desk.all(Actor)] == ["bo-ek"]


def test_a_merged_surname_brings_no_namesakes(services: Services, browser: TestClient) -> None:
    quoted(services, "Mary Lindqvist", "mary-lindqvist")
    services.desk.save(examples.actor(merged=("lindqvist",)))
    assert 'href="/people/mary-lindqvist"' not in browser.get("/people/ada-lindqvist").text


def test_a_group_has_a_page_of_what_its_members_say(services: Services, browser: TestClient) -> None:
    quoted(services)
    services.desk.save(examples.actor("Jonas Berg", id="jonas-berg", aliases=()))
    services.desk.save(Group(id="council", name="Town council", members=("ada-lindqvist", "jonas-berg")))
    page = browser.get("/groups/council").text
    assert "2</dd><dt>members" in page
    assert 'href="/people/jonas-berg"' in page
    assert page.count("The harbour will stay open") == 2  # a statement by each
    assert "/record?speaker=ada-lindqvist&amp;speaker=jonas-berg" in page
    assert len(browser.get("/groups/council.json").json()["rows"]) == 2
    assert browser.get("/groups/nobody").status_code == 404


def test_a_large_group_lists_those_who_say_most(services: Services, browser: TestClient) -> None:
    many = [examples.actor(f"Person {number}", id=f"person-{number}", aliases=()) for number in range(40)]
    services.desk.save(*many)
    members = ("ada-lindqvist", *(actor.id for actor in many))
    services.desk.save(Group(id="council", name="Town council", members=members))
    page = browser.get("/groups/council").text
    assert "41</dd><dt>members" in page
    assert page.count('<a class="name" href="/people/') == 30
    assert 'href="/people/ada-lindqvist"' in page


def test_a_group_is_renamed_and_keeps_its_id(services: Services, browser: TestClient) -> None:
    services.desk.save(Group(id="council", name="Town council", members=("ada-lindqvist",)))
    form = {"id": "council", "name": "City council", "members": "lindqvist"}
    assert browser.post("/groups", data=form).headers["location"] == "/groups/council"
    assert services.desk.all(Group) == [Group(id="council", name="City council", members=("ada-lindqvist",))]
    assert browser.post("/groups", data={**form, "id": "nobody"}).status_code == 404

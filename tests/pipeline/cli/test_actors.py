"""Actors from the command line."""

import json
from pathlib import Path

import pytest

from pipeline.cli.actors import read_role, spelled_role
from pipeline.desk import suggestions
from pipeline.model import Actor, Group
from tests.pipeline.cli.conftest import Onrecord, opened


def test_actors_are_added_listed_and_removed(onrecord: Onrecord, file: Path) -> None:
    added = onrecord(
        *("actors", "add", "Ada  Lindqvist", "--alias", "Lindqvist", "--alias", "A. L."),
        *("--role", "Mayor 2019..2024-05-01", "--wikidata", "Q42"),
    )
    assert (added.code, added.out) == (0, "ada-lindqvist\n")
    listed = onrecord("actors", "list")
    assert listed.rows == [
        ["ada-lindqvist", "Ada Lindqvist", "person", "Lindqvist, A. L.", "Mayor 2019-01-01..2024-05-01", "Q42"]
    ]
    (told,) = json.loads(onrecord("actors", "list", "--json").out)
    assert told["roles"] == [{"title": "Mayor", "start": "2019-01-01T00:00:00Z", "end": "2024-05-01T00:00:00Z"}]
    assert onrecord("actors", "remove", "ada-lindqvist").code == 0
    emptied = onrecord("actors", "list")
    assert (emptied.code, emptied.out, emptied.err) == (0, "", "No actors yet: onrecord actors add NAME\n")


def test_an_actor_is_not_replaced_by_mistake(onrecord: Onrecord, file: Path) -> None:
    onrecord("actors", "add", "Ada Lindqvist", "--alias", "Lindqvist")
    again = onrecord("actors", "add", "Ada Lindqvist")
    assert (again.code, again.err) == (
        2,
        "onrecord: actor 'ada-lindqvist' exists already; --replace replaces it\n",
    )
    assert onrecord("actors", "add", "Ada Lindqvist", "--replace").code == 0
    with opened(file) as services:
        assert services.desk.all(Actor)[0].aliases == ()


def test_a_name_that_another_actor_has_is_reported(onrecord: Onrecord, file: Path) -> None:
    assert onrecord("actors", "add", "Ada Lindqvist", "--alias", "Lindqvist").err == ""
    added = onrecord("actors", "add", "Per Lindqvist", "--alias", "Lindqvist")
    assert (added.code, added.out) == (0, "per-lindqvist\n")
    assert added.err.startswith("'Lindqvist' is a name of Ada Lindqvist too")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("!?",), "has a name without a letter: '!?'"),
        (("Ada", "--alias", "…"), "has a name without a letter: '…'"),
        (("Ada", "--wikidata", "42"), "Wikidata id '42' should be a Q and a number, such as Q42"),
        (("Ada", "--role", "Mayor 2019-13-01.."), "date '2019-13-01' of the role should be a year or a date"),
        (("Ada", "--kind", "ship"), "Invalid value for '--kind'"),
    ],
)
def test_malformed_actors_are_refused(onrecord: Onrecord, file: Path, arguments: tuple[str, ...], message: str) -> None:
    done = onrecord("actors", "add", *arguments)
    assert (done.code, done.out) == (2, "")
    assert message in done.err
    assert not file.exists()


@pytest.mark.parametrize("text", ["Mayor", "Mayor 2019-01-01..", "Mayor ..2024-05-01", "Mayor of 2.. Towns", "CEO"])
def test_roles_are_spelled_as_they_are_read(text: str) -> None:
    assert spelled_role(read_role(text)) == text


def test_actors_are_exported_and_imported(onrecord: Onrecord, filled: Path, tmp_path: Path) -> None:
    lines = onrecord("actors", "export").out
    with opened(filled) as services:
        before = services.desk.all(Actor)
        services.desk.remove(Actor, "ada-lindqvist")
    place = tmp_path / "actors.jsonl"
    place.write_text(lines + '\n{"name": "Bo Ek"}\n')
    assert onrecord("actors", "import", place).err == "2 actors imported\n"
    with opened(filled) as services:
        assert services.desk.all(Actor) == [*before, Actor(id="bo-ek", name="Bo Ek")]
    assert onrecord("actors", "import", "-", stdin='{"name": "Cy Ö"}').code == 0


@pytest.mark.parametrize(
    ("content", "code", "message"),
    [
        (b'{"name": "Bo Ek"}\n{bad', 65, "onrecord: -, line 2: not JSON: "),
        (b'["Bo"]', 65, """onrecord: -, line 1: should be an object, is '["Bo"]'"""),
        (b'{"name": 3}', 65, "onrecord: -, line 1: actor/1: name: "),
        (b'{"title": "Bo"}', 65, "onrecord: -, line 1: actor/1: name: Field required"),
        (b'{"name": "Bo\xff"}', 65, "onrecord: - is not UTF-8: byte 12 is 0xff"),
        (b'{"name": "!"}', 2, "onrecord: actor '' has a name without a letter: '!'"),
    ],
)
def test_actors_are_imported_all_or_none(
    onrecord: Onrecord, file: Path, content: bytes, code: int, message: str
) -> None:
    done = onrecord("actors", "import", "-", stdin=content)
    assert done.code == code
    assert done.err.startswith(message)
    assert not file.exists()


def test_people_of_a_list_are_merged_with_those_of_the_desk(onrecord: Onrecord, filled: Path, tmp_path: Path) -> None:
    place = tmp_path / "council.csv"
    place.write_text(
        "name,aliases,role,start,party,wikidata\n"
        "Ada Lindqvist,Ada L.,Councillor,2019,Harbour Party,Q42\nBo Ek,Lindqvist,,,Harbour Party,\nCy Ö,,,,,\n"
    )
    done = onrecord("actors", "import", place, "--group", "Council")
    assert done.err.splitlines() == [
        "2 actors added, 1 merged, 2 groups written",
        'columns: "name" as name, "aliases" as aliases, "role" as role, "start" as start, "party" as party, '
        '"wikidata" as Wikidata id',
        "'Lindqvist' is a name of Ada Lindqvist too; full names, titles and roles tell the two apart",
    ]
    with opened(filled) as services:
        ada = services.desk.find(Actor, "ada-lindqvist")
        groups = {group.id: group.members for group in services.desk.all(Group)}
    assert ada is not None
    assert (ada.wikidata, "Ada L." in ada.aliases, "Lindqvist" in ada.aliases) == ("Q42", True, True)
    assert groups["harbour-party"] == ("ada-lindqvist", "bo-ek")
    assert groups["council"] == ("ada-lindqvist", "bo-ek", "cy-o")
    again = onrecord("actors", "import", place, "--group", "Council")
    assert again.err.startswith("0 actors added, 3 merged, 2 groups written\n")
    with opened(filled) as services:
        assert services.desk.find(Actor, "ada-lindqvist") == ada


@pytest.mark.parametrize("encoding", ["cp1252", "utf-16", "utf-8-sig"])
def test_people_in_the_encodings_of_spreadsheets(onrecord: Onrecord, file: Path, encoding: str) -> None:
    text = "Vorname;Nachname;Amt\r\nJörg;Möller-Weiß;Bürgermeister\r\n"
    assert onrecord("actors", "import", "-", stdin=text.encode(encoding)).code == 0
    with opened(file) as services:
        (actor,) = services.desk.all(Actor)
    assert (actor.name, [role.title for role in actor.roles]) == ("Jörg Möller-Weiß", ["Bürgermeister"])


def test_people_are_imported_all_or_none(onrecord: Onrecord, file: Path) -> None:
    done = onrecord("actors", "import", "-", stdin="name,party\nAda,Ada\n")
    assert (done.code, "cannot be called what a group is" in done.err) == (2, True)
    done = onrecord("actors", "import", "-", stdin="title\nMayor\n")
    assert (done.code, 'standard input should have a line of column titles with "name"' in done.err) == (65, True)


def test_an_actor_in_a_watch_is_not_removed(onrecord: Onrecord, filled: Path) -> None:
    done = onrecord("actors", "remove", "ada-lindqvist")
    assert done.code == 2
    assert "is in the watch 'harbour'" in done.err
    assert "'nobody' does not exist" in onrecord("actors", "remove", "nobody").err


@pytest.mark.slow
def test_a_list_over_the_limits_is_refused_in_one_line(onrecord: Onrecord, tmp_path: Path) -> None:
    place = tmp_path / "people.csv"
    place.write_text("name,b\n" + ",\n" * 3_000_000, encoding="utf-8")
    done = onrecord("actors", "import", place)
    assert done.code == 65
    assert f"{place} takes more than " in done.err
    assert done.err.count("\n") == 1


def test_frequently_quoted_speakers_are_suggested(onrecord: Onrecord, tmp_path: Path) -> None:
    stories = {
        "harbour": "“The harbour will stay open until spring,” Ada Lindqvist said. “We have paid for it,” Bo Ek said.",
        "bread": "“Bread will cost more in the summer,” Lindqvist said on Monday. “Flour is dear,” Bo Ek said.",
        "bridge": "“The bridge needs a new roof this year,” Bo Ek said.",
    }
    for name, text in stories.items():
        (tmp_path / f"{name}.txt").write_text(text)
    for name in stories:
        onrecord("ingest", tmp_path / f"{name}.txt")
    assert onrecord("actors", "suggest").rows[0] == ["Bo Ek", "3", ""]
    onrecord("actors", "add", "Bo Ek")
    onrecord("actors", "add", "Ada Maria Lindqvist")
    suggested = onrecord("actors", "suggest", "--limit", "1")
    assert suggested.rows == [["Ada Lindqvist", "1", "looks like ada-maria-lindqvist"]]
    assert json.loads(onrecord("actors", "suggest", "--json").out)[0]["like"]["id"] == "ada-maria-lindqvist"
    assert onrecord("actors", "alias", "ada-maria-lindqvist", "Ada  Lindqvist").code == 0
    (_, actor) = json.loads(onrecord("actors", "list", "--json").out)[::-1]
    assert actor["aliases"] == ["Ada Lindqvist"]
    assert onrecord("actors", "alias", "nobody", "Ada").code == 2


def test_a_numbered_surname_resembles_the_single_actor_with_it() -> None:
    ada, bo = Actor(id="ada-lindqvist", name="Ada Lindqvist"), Actor(id="bo-ek", name="Bo Ek")
    counts = [("lindqvist-2", 3), ("bo-ek", 2), ("eva-moe", 1)]
    proposed = list(suggestions(counts, {"eva-moe": "Eva Moe"}, [ada, bo]))
    assert [(each.name, each.like) for each in proposed] == [("Lindqvist 2", ada), ("Eva Moe", None)]
    twin = Actor(id="per-lindqvist", name="Per Lindqvist")
    assert [each.like for each in suggestions(counts, {}, [ada, bo, twin])] == [None, None]

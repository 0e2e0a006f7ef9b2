"""Lists of people: whatever form they come in, with names, offices with dates, and parties."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from connectors.files.lists import is_people, merged, people
from pipeline.errors import InputError
from pipeline.model import Actor, Role


def day(year: int, month: int = 1, of_month: int = 1) -> datetime:
    return datetime(year, month, of_month, tzinfo=UTC)


def test_csv() -> None:
    text = (
        "\ufeffFull Name;Also known as;Position;Start date;End;Party;Wikidata ID;Type\n"
        "Ada  Lindqvist;Lindqvist | A. Lindqvist;Mayor;2019-05;2024;Harbour Party;https://www.wikidata.org/wiki/Q42;\n"
        ";;;;;Harbour Party;;\n"
        "Port Authority;;;;;;Q7x;Organization\n"
    )
    listed = people(text.lstrip("\ufeff"), "council.csv")
    assert listed.actors == (
        Actor(
            id="ada-lindqvist",
            name="Ada Lindqvist",
            aliases=("Lindqvist", "A. Lindqvist"),
            roles=(Role("Mayor", day(2019, 5), day(2024)),),
            wikidata="Q42",
        ),
        Actor(id="port-authority", name="Port Authority", kind="organisation"),
    )
    assert listed.parties == {"Harbour Party": ("ada-lindqvist",)}
    assert listed.notes == (
        'columns: "Full Name" as name, "Also known as" as aliases, "Position" as role, "Start date" as start, '
        '"End" as end, "Party" as party, "Wikidata ID" as Wikidata id, "Type" as kind',
        "1 left out, without a name",
    )


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("label\nAda Lindqvist\n", ["Ada Lindqvist"]),
        ("Given name,Family name\nAda,Lindqvist\nBo,\n", ["Ada Lindqvist", "Bo"]),
        ("Name;Vorname;Amt\nLindqvist;Ada;Ministerin\n", ["Ada Lindqvist"]),
        ("Nom;Prénom\nLindqvist;Ada\n", ["Ada Lindqvist"]),
        ("Nome\tCognome\nAda\tLindqvist\n", ["Ada Lindqvist"]),
        ("Apellidos,Nombre,Nombre completo\nLindqvist,Ada,Ada C. Lindqvist\n", ["Ada C. Lindqvist"]),
        ("姓,名\nLindqvist,Ada\n", ["Ada Lindqvist"]),
        ("Member of Parliament,Role\nAda Lindqvist,Mayor\n", ["Ada Lindqvist"]),
        ("Abgeordneter;Fraktion\nBo Ek;Grüne\n", ["Bo Ek"]),
        ("Ф.И.О.;Должность\nАда Линдквист;мэр\n", ["Ада Линдквист"]),
        ('name\n"Lindqvist, Ada"\n"Ek, Bo"\nMadonna\n', ["Ada Lindqvist", "Bo Ek", "Madonna"]),
        ('name,kind\n"Ek, Bo and Sons",organisation\nAda Lindqvist,\n', ["Ek, Bo and Sons", "Ada Lindqvist"]),
        ("MP Name,Party affiliation\nRt Hon Ada Lindqvist MP,Green\n", ["Ada Lindqvist"]),
        ("Name\nAda Lindqvist, MdB\nMP\n", ["Ada Lindqvist", "MP"]),
        ("Name\nProf. Dr. Ada Lindqvist\nFrau Ek\nDrew Holm\n", ["Ada Lindqvist", "Ek", "Drew Holm"]),
        ("Council of Harbour;;\nas of 1 May;;\nNo.;Person (Name);Função/Role\n1;Ada;Mayor\n", ["Ada"]),
    ],
)
def test_columns_have_the_names_that_people_use(text: str, names: list[str]) -> None:
    assert [actor.name for actor in people(text, "a.csv").actors] == names


@pytest.mark.parametrize(
    ("cell", "aliases"),
    [
        ("Lindqvist; A. Lindqvist", ("Lindqvist", "A. Lindqvist")),
        ("Lindqvist|A. Lindqvist", ("Lindqvist", "A. Lindqvist")),
        ("Lindqvist, A. Lindqvist", ("Lindqvist", "A. Lindqvist")),
        ("Lindqvist\nA. Lindqvist", ("Lindqvist", "A. Lindqvist")),
        ("Lindqvist, Jr.; Addie", ("Lindqvist, Jr.", "Addie")),
    ],
)
def test_several_names_in_a_cell(cell: str, aliases: tuple[str, ...]) -> None:
    (ada,) = people(f'name,a.k.a.\nAda,"{cell}"\n', "a.csv").actors
    assert ada.aliases == aliases


def test_years_among_offices_are_no_office() -> None:
    (ada,) = people('name,role\nAda,"Mayor; seit 2024; Minister; 2019-2023; 2020 Envoy"\n', "a.csv").actors
    assert [role.title for role in ada.roles] == ["Mayor", "Minister", "2020 Envoy"]


def test_columns_that_are_not_used_are_named() -> None:
    listed = people("No.,Person,Vorname,e-mail\n1,Ek,Bo,bo@harbour.example\n", "a.csv")
    assert listed.notes == ('columns: "Person" as family name, "Vorname" as given name; not used: "No.", "e-mail"',)


def test_rows_of_the_same_person_are_merged_with_all_offices() -> None:
    (ada,) = people("name,role,start\nAda,Mayor,2019\nAda,Minister,2024\n", "a.csv").actors
    assert [role.title for role in ada.roles] == ["Mayor", "Minister"]


def test_namesakes_with_different_wikidata_ids_stay_two_people() -> None:
    listed = people("name,wikidata\nAda Ek,Q1\nAda Ek,Q2\nAda Eek,Q2\n", "a.csv").actors
    assert [(actor.id, actor.wikidata) for actor in listed] == [("ada-ek", "Q1"), ("ada-ek-q2", "Q2")]
    assert listed[1].aliases == ("Ada Eek",)


def popolo(**changes: Any) -> str:
    value = {
        "persons": [
            {
                "id": "p1",
                "name": "Ada Lindqvist",
                "other_names": [{"name": "Lindqvist"}, {"note": "no name"}],
                "identifiers": [{"scheme": "wikidata", "identifier": "Q42"}],
                "memberships": [{"organization_id": "o2"}],
            },
            {"id": "p2", "name": "Bo Ek"},
        ],
        "organizations": [
            {"id": "o1", "name": "Parliament", "classification": "legislature"},
            {"id": "o2", "name": "Harbour Party", "classification": "party"},
            {"id": "o3", "name": "Ferry List", "classification": "faction"},
        ],
        "posts": [{"id": "s1", "label": "Speaker"}],
        "memberships": [
            {"person_id": "p1", "organization_id": "o1", "role": "Member", "start_date": "2019-05-01"},
            {"person_id": "p2", "organization_id": "o1", "post_id": "s1", "on_behalf_of_id": "o3", "end_date": "?"},
            {"person_id": "p9", "organization_id": "o2", "role": "Treasurer"},
        ],
    }
    return json.dumps(value | changes)


def test_popolo() -> None:
    listed = people(popolo(), "parliament.json")
    ada, bo = listed.actors
    assert (ada.aliases, ada.wikidata) == (("Lindqvist",), "Q42")
    assert ada.roles == (Role("Member", day(2019, 5)),)
    assert bo.roles == (Role("Speaker"),)
    assert listed.parties == {"Harbour Party": ("ada-lindqvist",), "Ferry List": ("bo-ek",)}


def claim(entity_id: str, **qualifiers: str) -> dict[str, Any]:
    times = {key: [{"datavalue": {"value": {"time": time}}}] for key, time in qualifiers.items()}
    return {"mainsnak": {"datavalue": {"value": {"id": entity_id}}}, "qualifiers": times, "rank": "normal"}


def entity(*labels: str, **claims: Any) -> dict[str, Any]:
    languages = ("en", "sv", "ja")
    return {
        "labels": {key: {"language": key, "value": label} for key, label in zip(languages, labels, strict=False)},
        "aliases": {"en": [{"value": f"{labels[0]} the Elder"}]} if labels else {},
        "claims": claims,
    }


def test_entities_of_wikidata() -> None:
    begun = claim("Q10", P580="+2019-05-00T00:00:00Z", P582="+2024-00-00T00:00:00Z")
    old = {**claim("Q11"), "rank": "deprecated"}
    entities = {
        "Q42": entity(
            "Ada Lindqvist", "Ada L.", "アダ", P31=[claim("Q5")], P39=[begun, old, claim("Q12")], P102=[claim("Q13")]
        ),
        "Q10": entity("Mayor of Harbour"),
        "Q11": entity("King"),
        "Q13": entity("Harbour Party"),
        "Q14": [],
    }
    listed = people(json.dumps({"entities": entities}), "entities.json")
    assert listed.actors == (
        Actor(
            id="ada-lindqvist",
            name="Ada Lindqvist",
            aliases=("Ada L.", "アダ", "Ada Lindqvist the Elder"),
            roles=(Role("Mayor of Harbour", day(2019, 5), day(2024)),),
            wikidata="Q42",
        ),
    )
    assert listed.parties == {"Harbour Party": ("ada-lindqvist",)}
    assert listed.notes == ("1 positions and parties left out, whose entities the file does not have",)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{bad", "a.json is not JSON: "),
        ('{"persons": []}', "a.json names nobody"),
        ('{"persons": {}}', "a.json should be CSV, Popolo with a list of persons, or Wikidata's JSON with entities"),
        ('{"entities": {"Q1": {"labels": 3, "claims": {"P31": 7}}}}', "a.json names nobody"),
        (
            "title,role\nAda,Mayor\n",
            'a.json should have a line of column titles with "name", "full name", or "given name" and "family name"; '
            'its first line is "title", "role"',
        ),
        ("name\n", "a.json names nobody"),
        (";\n", "a.json should have a line of column titles"),
        ('name\n"Ada\x00' + "a" * 200_000, "a.json is not CSV: "),
        ("[" * 100_000, "a.json is not JSON: "),
        ("name\n" + "".join(f"Ada {number}\n" for number in range(20_001)), "a.json names more than 20,000 people"),
    ],
)
def test_files_of_another_form_are_refused(text: str, message: str) -> None:
    with pytest.raises(InputError) as error:
        people(text, "a.json")
    assert str(error.value).startswith(message)


def test_names_and_offices_of_a_person_are_bounded() -> None:
    rows = "".join(f"Ada,Alias {number},Office {number}\n" for number in range(300))
    (ada,) = people(f"name,aliases,role\n{rows}", "a.csv").actors
    assert (len(ada.aliases), len(ada.roles)) == (200, 50)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"name": "Ada"}\n{"name": "Bo"}', False),
        ('{"entities": {}}', True),
        ('{\n "organizations": []', True),
        ("name,role\n", True),
        ("", False),
        ("[]", False),
    ],
)
def test_lists_of_people_are_distinguished_from_json_lines(text: str, expected: bool) -> None:
    assert is_people(text) == expected


def test_a_tracked_actor_keeps_its_attributes() -> None:
    known = Actor(id="ada", name="Ada Lindqvist", aliases=("Lindqvist",), roles=(Role("Mayor"),), wikidata="Q42")
    other = Actor(id="b", name="Ada L.", aliases=("Ada Lindqvist", "Lindqvist"), roles=(Role("Minister"),))
    assert merged(known, other) == Actor(
        id="ada",
        name="Ada Lindqvist",
        aliases=("Lindqvist", "Ada L."),
        roles=(Role("Mayor"), Role("Minister")),
        wikidata="Q42",
    )

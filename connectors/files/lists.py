"""Lists of people and lists of feeds in the formats of other tools.

People with names, offices and parties: CSV, Popolo JSON (popoloproject.com), Wikidata's entity JSON. Feeds: OPML, which
listparser reads in a process that can be killed; we write OPML 2.0.
"""

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path
from typing import Any, Final
from xml.etree import ElementTree

from connectors.feeds.parser import Parser
from connectors.files import columns
from connectors.pages.encoding import decode
from pipeline.errors import InputError
from pipeline.model import Actor, Feed, MentionKind, Role, slug
from pipeline.model.desk import People
from pipeline.text import clean

_MOST_PEOPLE: Final = 20_000  # of a file

_MOST_NAMES: Final = 200  # of a person

_MOST_ROLES: Final = 50

_DAY: Final = re.compile(r"\+?(\d{4})(?:-(\d\d))?(?:-(\d\d))?(?:T.*)?")

_OUTER_KEY: Final = re.compile(r'\{\s*"(?:persons|organizations|memberships|posts|events|areas|meta|entities)"\s*:')

_HUMAN: Final = "Q5"

_INSTANCE, _POSITION, _PARTY = "P31", "P39", "P102"

_START, _END = "P580", "P582"  # qualifiers of a position

_PARTY_KINDS: Final = frozenset(("party", "faction", "parliamentary group"))  # classifications of Popolo


@dataclass(frozen=True, slots=True)
class _Person:
    """A person in a file, before the choice of ids; the first of `names` is the one to show."""

    names: tuple[str, ...]
    kind: MentionKind = "person"
    roles: tuple[Role, ...] = ()
    parties: tuple[str, ...] = ()
    wikidata: str = ""


def people(text: str, name: str) -> People:
    """Read the text of the file called `name`; InputError if it has none of the three forms or names nobody."""
    if not text.lstrip().startswith(("{", "[")):
        return _of_csv(text, name)
    value = _json(text, name)
    if isinstance(value, dict) and isinstance(value.get("persons"), list):
        return _collected(_of_popolo(value), name)
    entities = value.get("entities") if isinstance(value, dict) else None
    if isinstance(entities, dict):
        return _of_entities(entities, name)
    raise InputError(f"{name} should be CSV, Popolo with a list of persons, or Wikidata's JSON with entities")


def is_people(text: str) -> bool:
    """True for a text that `people` reads rather than JSON Lines of actors."""
    start = text.lstrip()
    if start.startswith("{"):
        return bool(_OUTER_KEY.match(start))
    return bool(start) and not start.startswith("[")


def merged(known: Actor, imported: Actor) -> Actor:
    """The known actor with the names, roles and Wikidata id of the imported one."""
    names = (*known.aliases, imported.name, *imported.aliases)
    return replace(
        known,
        aliases=_distinct(name for name in names if name != known.name)[:_MOST_NAMES],
        roles=tuple(dict.fromkeys((*known.roles, *imported.roles)))[:_MOST_ROLES],
        wikidata=known.wikidata or imported.wikidata,
    )


def _json(text: str, name: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{name} is not JSON: {error}") from error


def _collected(persons: Iterable[_Person], name: str, notes: tuple[str, ...] = ()) -> People:
    """The persons as actors, one for each Wikidata id or name; InputError without any."""
    actors: dict[str, Actor] = {}
    ids: dict[str, str] = {}  # by Wikidata id
    parties = defaultdict[str, list[str]](list)
    nameless = 0
    for person in persons:
        if not person.names:
            nameless += 1
            continue
        actor = _actor(person, actors, ids)
        actors[actor.id] = actor
        if actor.wikidata:
            ids[actor.wikidata] = actor.id
        for party in filter(slug, person.parties):
            parties[party].append(actor.id)
        if len(actors) > _MOST_PEOPLE:
            raise InputError(f"{name} names more than {_MOST_PEOPLE:,} people")
    if not actors:
        raise InputError(f"{name} names nobody")
    if nameless:
        notes = (*notes, f"{nameless} left out, without a name")
    return People(tuple(actors.values()), {party: _distinct(members) for party, members in parties.items()}, notes)


def _actor(person: _Person, actors: Mapping[str, Actor], ids: Mapping[str, str]) -> Actor:
    """The actor of a person, merged with that of the same Wikidata id; two people of one name get two ids."""
    key = ids.get(person.wikidata) or slug(person.names[0])
    actor = Actor(
        id=key,
        name=person.names[0],
        kind=person.kind,
        aliases=person.names[1:_MOST_NAMES],
        roles=person.roles[:_MOST_ROLES],
        wikidata=person.wikidata,
    )
    existing = actors.get(key)
    if existing is None:
        return actor
    if not existing.wikidata or not person.wikidata or existing.wikidata == person.wikidata:
        return merged(existing, actor)
    return replace(actor, id=f"{key}-{person.wikidata.lower()}")


def _of_csv(text: str, name: str) -> People:
    file_columns, rows = columns.read(text, name)
    return _collected(map(_of_row, rows), name, (file_columns.sentence,))


def _of_row(cells: Mapping[str, str]) -> _Person:
    days = (_day(cells["start"]), _day(cells["end"]))
    kind: MentionKind = "organisation" if cells["kind"].lower() in ("organisation", "organization") else "person"
    return _Person(
        _names([cells["name"], *columns.several(cells["aliases"])]) if _names([cells["name"]]) else (),
        kind,
        tuple(Role(title, *days) for title in columns.offices(cells["role"])),
        (cells["party"],) if cells["party"] else (),
        _wikidata(cells["wikidata"]),
    )


def _of_popolo(value: Mapping[str, Any]) -> Iterator[_Person]:
    organisations = {str(organisation.get("id")): organisation for organisation in _objects(value.get("organizations"))}
    posts = {str(post.get("id")): _line(post.get("label")) for post in _objects(value.get("posts"))}
    memberships = defaultdict[str, list[Mapping[str, Any]]](list)
    for membership in (*_objects(value.get("memberships")), *_nested(value)):
        memberships[str(membership.get("person_id"))].append(membership)
    for person in _objects(value["persons"]):
        other_names = [_line(other_name.get("name")) for other_name in _objects(person.get("other_names"))]
        roles, parties = list[Role](), list[str]()
        for membership in memberships[str(person.get("id"))]:
            title = _line(membership.get("role")) or posts.get(str(membership.get("post_id")), "")
            if title:
                roles.append(Role(title, _day(membership.get("start_date")), _day(membership.get("end_date"))))
            parties += _popolo_parties(membership, organisations)
        identifiers = {
            _line(identifier.get("scheme")).lower(): identifier for identifier in _objects(person.get("identifiers"))
        }
        wikidata = _wikidata(_line(identifiers.get("wikidata", {}).get("identifier")))
        names = _names([_line(person.get("name")), *other_names])
        yield _Person(names, "person", tuple(dict.fromkeys(roles)), _distinct(parties), wikidata)


def _nested(value: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The memberships that are written inside their persons."""
    for person in _objects(value["persons"]):
        for membership in _objects(person.get("memberships")):
            yield {"person_id": person.get("id"), **membership}


def _popolo_parties(membership: Mapping[str, Any], organisations: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """The parties of a membership: those on whose behalf the person holds it, or the party itself."""
    behalf = organisations.get(str(membership.get("on_behalf_of_id")), {})
    body = organisations.get(str(membership.get("organization_id")), {})
    for organisation in (behalf, body if _line(body.get("classification")).lower() in _PARTY_KINDS else {}):
        if name := _line(organisation.get("name")):
            yield name


def _of_entities(entities: Mapping[str, Any], name: str) -> People:
    """The people of Wikidata's entities; positions and parties have their names from other entities of the file."""
    entities_by_id = {key: _mapping(entity) for key, entity in entities.items()}
    labels = {key: next(iter(_labels(entity)), "") for key, entity in entities_by_id.items()}
    persons, unnamed = [], set[str]()
    for key, entity in entities_by_id.items():
        claims = _mapping(entity.get("claims"))
        kinds = {_entity(claim) for claim in _claims(claims, _INSTANCE)}
        positions = [(_entity(claim), claim) for claim in _claims(claims, _POSITION)]
        parties = [_entity(claim) for claim in _claims(claims, _PARTY)]
        if _HUMAN not in kinds and not positions:
            continue
        unnamed |= {entity for entity in (*(office for office, _ in positions), *parties) if not labels.get(entity)}
        roles = (Role(labels[office], *_term(claim)) for office, claim in positions if labels.get(office))
        parties = [labels[party] for party in parties if labels.get(party)]
        persons.append(_Person(_labels(entity), "person", tuple(roles), _distinct(parties), _wikidata(key)))
    note = f"{len(unnamed)} positions and parties left out, whose entities the file does not have"
    return _collected(persons, name, (note,) if unnamed else ())


def _labels(entity: Mapping[str, Any]) -> tuple[str, ...]:
    """The names of an entity: first its label in English or of all languages, then all others."""
    labels = _mapping(entity.get("labels"))
    aliases = _mapping(entity.get("aliases"))
    preferred = [_line(_mapping(labels.get(language)).get("value")) for language in ("en", "mul") if language in labels]
    labels_in_all = [_line(_mapping(label).get("value")) for label in labels.values()]
    alias_names = [_line(alias.get("value")) for several in aliases.values() for alias in _objects(several)]
    return _names([*preferred, *labels_in_all, *alias_names])


def _claims(claims: Mapping[str, Any], key: str) -> Iterator[Mapping[str, Any]]:
    return (claim for claim in _objects(claims.get(key)) if claim.get("rank") != "deprecated")


def _entity(claim: Mapping[str, Any]) -> str:
    """The id of the entity that is the value of a claim, or ''."""
    return str(_mapping(_value(claim.get("mainsnak"))).get("id", ""))


def _value(snak: Any) -> Any:
    return _mapping(_mapping(snak).get("datavalue")).get("value")


def _term(claim: Mapping[str, Any]) -> tuple[datetime | None, datetime | None]:
    """The days on which a position began and ended."""
    qualifiers = _mapping(claim.get("qualifiers"))
    qualifiers_of_term = (next(iter(_objects(qualifiers.get(key))), None) for key in (_START, _END))
    start, end = (_mapping(_value(snak)).get("time") for snak in qualifiers_of_term)
    return _day(start), _day(end)


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _objects(value: Any) -> list[Mapping[str, Any]]:
    return [element for element in value if isinstance(element, dict)] if isinstance(value, list) else []


def _line(value: Any) -> str:
    return " ".join(clean(value).split()) if isinstance(value, str) else ""


def _names(names: Iterable[str]) -> tuple[str, ...]:
    return _distinct(name for candidate in names if slug(name := _line(candidate)))[:_MOST_NAMES]


def _distinct(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(values))


def _wikidata(value: str) -> str:
    """The id in an id or address of Wikidata, or ''."""
    match = re.search(r"(?:^|/)(Q[1-9]\d*)$", value)
    return match[1] if match else ""


def _day(value: Any) -> datetime | None:
    """The day of "2019", "2019-05", "2019-05-01" or Wikidata's "+2019-05-00T00:00:00Z"; None for other texts."""
    match = _DAY.fullmatch(value.strip()) if isinstance(value, str) else None
    if not match:
        return None
    year, month, day = (int(part or 0) for part in match.groups())
    try:
        return datetime(year, month or 1, day or 1, tzinfo=UTC)
    except ValueError:
        return None


_MOST_BYTES = 20_000_000

_MOST_TAGS = 20  # of a feed

_MOST_TAG = 100  # characters

_MOST_FEEDS = 10_000  # of an OPML file

_MOST_ADDRESS = 2_000  # characters of a feed's address

_MOST_TITLE = 500  # characters


def read_opml(path: Path, parser: Parser) -> list[Feed]:
    """Return the feeds in the file, in its order, each address once. Raises InputError if the file is not OPML."""
    try:
        with path.open("rb") as file:
            body = file.read(_MOST_BYTES + 1)
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror or error}") from error
    if len(body) > _MOST_BYTES:
        raise InputError(f"{path} is larger than {_MOST_BYTES:,} bytes")
    return feeds_in_opml(body, str(path), parser)


def feeds_in_opml(body: bytes, name: str, parser: Parser) -> list[Feed]:
    """Return the feeds in the OPML called `name`; nested lists are joined. Raises InputError for anything but OPML."""
    return [Feed(url=url, title=title, tags=tags) for url, title, tags in parser.opml(body, name)]


def outlines(body: bytes, name: str) -> list[tuple[str, str, list[str]]]:
    """Return the address, title and tags of each feed in OPML; `Parser.opml` runs this in another process.

    Tags are the names of the lists around a feed, and its categories.
    """
    import listparser

    # The byte order mark makes lxml's HTML parser, which listparser uses, read it as UTF-8.
    parsed = listparser.parse(decode(body).encode("utf-8-sig", "replace"))
    if not parsed.version:
        raise InputError(f"{name} is not OPML", step="parse")
    if len(parsed.feeds) > _MOST_FEEDS:
        raise InputError(
            f"{name} names {len(parsed.feeds):,} feeds, at most {_MOST_FEEDS:,} are followed", step="parse"
        )
    addressed = [(clean(feed.url).replace("feed://", "http://", 1), feed) for feed in parsed.feeds]
    known = {url: feed for url, feed in addressed if 0 < len(url) <= _MOST_ADDRESS}
    return [(url, clean(feed.title)[:_MOST_TITLE], _tags(feed)) for url, feed in known.items()]


def _tags(feed: Any) -> list[str]:
    """The tags of a feed, each once: a path such as "/News/Local" is two."""
    paths = [*feed.get("tags", ()), *(name for path in feed.get("categories", ()) for name in path)]
    names = (" ".join(clean(part).split())[:_MOST_TAG] for path in paths for part in re.split(r"[/,]", path))
    return list(dict.fromkeys(name for name in names if slug(name)))[:_MOST_TAGS]


def write_opml(feeds_in_opml: Iterable[Feed], now: datetime) -> bytes:
    """Return the feeds as an OPML 2.0 document (https://opml.org/spec2.opml) created at `now`."""
    root = ElementTree.Element("opml", version="2.0")
    head = ElementTree.SubElement(root, "head")
    ElementTree.SubElement(head, "title").text = "Feeds of On the Record"
    ElementTree.SubElement(head, "dateCreated").text = format_datetime(now, usegmt=True)
    body = ElementTree.SubElement(root, "body")
    for feed in feeds_in_opml:
        title = clean(feed.title or feed.source or feed.url)
        outline = ElementTree.SubElement(body, "outline", type="rss", text=title, title=title, xmlUrl=clean(feed.url))
        if feed.tags:
            outline.set("category", ",".join(map(clean, feed.tags)))
    ElementTree.indent(root)
    return bytes(ElementTree.tostring(root, encoding="utf-8", xml_declaration=True))

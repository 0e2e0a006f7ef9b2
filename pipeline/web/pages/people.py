"""The pages of people and groups: who is tracked, what they say, deny and change, and what is said of them."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from http import HTTPStatus
from itertools import islice
from typing import Any, Final, Literal
from urllib.parse import quote, urlencode

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from pipeline.desk import Suggestion, check_free, members, merged, renamed, separated, suggestions
from pipeline.errors import UsageError
from pipeline.model import Actor, Group, Role, Watch, slug
from pipeline.model.query import And, Node, Not, Or, Page, Search, Term
from pipeline.services import Services
from pipeline.text import words
from pipeline.web import desk
from pipeline.web.charts import histogram
from pipeline.web.dependencies import Form, OpenServices, back, part, several
from pipeline.web.pages.record import MOST_CONDITIONS, Condition, Filters, between, grouped, speaker_names
from pipeline.web.render import page

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

Tab = Literal["said", "about", "changed", "denied"]

_HITS: Final = 20

_OF_PERSON: Final = ("said", "verdict", "source")  # counts on the page of a person

_RECENT: Final = 100  # statements in which it is counted of whom a person talks

_QUOTED: Final = 12  # people who are often quoted and not tracked

_BARS: Final = 8

_SUGGESTED: Final = 300  # names in a list to choose from

_LISTED: Final = 100  # people of one page

_MEMBERS: Final = 30  # of a group, those who said most

_MOST_COUNTED: Final = 10_000  # speakers whose statements are counted at once


@dataclass(frozen=True, slots=True)
class Row:
    """A tracked actor in the list, with how many statements the record has by them."""

    actor: Actor
    count: int
    watches: int


@router.get("/actors")
def moved() -> Response:
    """The list of people stood here."""
    return RedirectResponse("/people", 308)


@router.get("/people")
def people(services: OpenServices, request: Request) -> Response:
    """Return who is tracked, and who is often quoted and not tracked."""
    return _list(services, request, {})


def _list(services: Services, request: Request, form: dict[str, str], error: UsageError | None = None) -> Response:
    actors, groups = services.desk.all(Actor), {group.id: group for group in services.desk.all(Group)}
    search = Search(collection="statements", limit=_HITS, facets=True, fields=("speaker",), values=_MOST_COUNTED)
    answer = services.index.search(search)
    counts = dict(answer.facets["speaker"])
    watches = Counter(who for watch in services.desk.all(Watch) for who in members((*watch.by, *watch.about), groups))
    rows = [
        Row(actor, sum(counts.get(each, 0) for each in _ids(actor, actor.id)), watches[actor.id]) for actor in actors
    ]
    rows.sort(key=lambda row: -row.count)
    shown = part(request, rows, lambda row: " ".join((row.actor.name, *row.actor.aliases)), _LISTED)
    return page(
        request,
        "people.html",
        status=400 if error else 200,
        rows=shown.entries,
        following=shown.following,
        people=shown,
        counted=answer.counted if answer.counted < answer.total else 0,
        most=max((row.count for row in rows), default=0),
        quoted=_quoted(answer, actors),
        form=form,
        error=error,
    )


def by(*speakers: str) -> Node:
    """The query for what these speakers said."""
    return _any([Term(words(speaker), "speaker") for speaker in speakers])


def _about(*actors: str) -> Node:
    """The query for what others said about them."""
    return And((_any([Term(words(actor), "about") for actor in actors]), Not(by(*actors))))


def _any(terms: Sequence[Node]) -> Node:
    return terms[0] if len(terms) == 1 else Or(tuple(terms))


def _ids(actor: Actor | None, actor_id: str) -> tuple[str, ...]:
    """The ids under which what they said is on the record; one of a single word may be other people's surname."""
    return (actor_id, *(speaker for speaker in actor.merged if len(words(speaker)) > 1)) if actor else (actor_id,)


def _watching(services: Services, actor_id: str) -> list[Watch]:
    groups = {group.id: group for group in services.desk.all(Group)}
    return [watch for watch in services.desk.all(Watch) if actor_id in members((*watch.by, *watch.about), groups)]


def _quoted(answer: Page, actors: Sequence[Actor]) -> list[Suggestion]:
    names = speaker_names(answer.hits, actors)
    return list(islice(suggestions(answer.facets["speaker"], names, actors), _QUOTED))


@router.get("/people/{actor_id:path}")
def person(services: OpenServices, request: Request, actor_id: str, tab: Tab = "said", cursor: str = "") -> Response:
    """Return what one person says, tracked or not."""
    return _person(services, request, actor_id, tab, cursor)


def _person(
    services: Services,
    request: Request,
    actor_id: str,
    tab: Tab = "said",
    cursor: str = "",
    *,
    form: dict[str, str] | None = None,
    error: UsageError | None = None,
    status: int = 200,
) -> Response:
    actors = services.desk.all(Actor)
    actor = _tracked(actors, actor_id)
    if actor and actor.id != actor_id:
        return RedirectResponse(f"/people/{actor.id}", 303)
    ids = _ids(actor, actor_id)
    is_first = tab == "said" and not cursor  # then the newest statements are read with the counts of all
    said = _search(services, by(*ids), limit=_HITS if is_first else 1, facets=True, fields=_OF_PERSON, days=True)
    about = _search(services, _about(*ids), facets=True, fields=("speaker",))
    if actor is None and not said.total + about.total:
        raise HTTPException(404, f"{actor_id!r} is not tracked, and nothing by them is on the record")
    listed = said if is_first else _search(services, _of_tab(ids, tab), limit=_HITS, cursor=cursor)
    names = speaker_names((*said.hits, *listed.hits), actors)
    filters = Filters(conditions=tuple(Condition("speaker", speaker) for speaker in ids))
    further = urlencode({"tab": tab, "cursor": listed.cursor})
    return page(
        request,
        "person.html",
        status=status,
        rows=listed.hits,
        following=f"/people/{quote(actor_id)}?{further}" if listed.cursor else "",
        actor=actor,
        actor_id=actor_id,
        name=actor.name if actor else names.get(actor_id, actor_id),
        said=said,
        about=about,
        chart=histogram(said.days, lambda bar: between(filters, bar)),
        talks_about=_talks_about(services, ids, actors),
        **_counts(said, about, ids),
        names=names,
        filters=filters,
        watches=_watching(services, actor_id),
        edition=desk.edition(actor) if actor else "",
        others=[other for other in actors if other.id != actor_id][:_SUGGESTED],
        tab=tab,
        groups=grouped(services, listed.hits),
        cursor=listed.cursor,
        form=form,
        error=error,
    )


def _tracked(actors: Sequence[Actor], actor_id: str) -> Actor | None:
    """Return the actor with this id, or the one that it was merged into; None if nobody tracks this name."""
    actor = next((known for known in actors if known.id == actor_id), None)
    actor = actor or next((known for known in actors if actor_id in known.merged), None)
    if actor is None and not words(actor_id):
        raise HTTPException(404, f"nobody is called {actor_id!r}")
    return actor


def _counts(said: Page, about: Page, ids: Sequence[str]) -> dict[str, Any]:
    """Return the counts on a person's page: of their statements, their sources, and the speakers who mention them."""
    return {
        "counts": {field: dict(said.facets[field]) for field in _OF_PERSON},
        "sources": said.facets["source"][:_BARS],
        "talked_about_by": [(who, n) for who, n in about.facets["speaker"] if who not in ids][:_BARS],
    }


@router.get("/groups/{group_id:path}")
def group(services: OpenServices, request: Request, group_id: str, cursor: str = "") -> Response:
    """Return what the members of a group say."""
    groups = {known.id: known for known in services.desk.all(Group)}
    if group_id not in groups:
        raise HTTPException(404, f"group {group_id!r} is not there")
    actors = {known.id: known for known in services.desk.all(Actor)}
    in_it = sorted(members((group_id,), groups))
    speakers = [speaker for member in in_it for speaker in _ids(actors.get(member), member)]
    fields = (*_OF_PERSON, "speaker")
    said = _search(services, by(*speakers), limit=_HITS, cursor=cursor, facets=True, fields=fields, days=True)
    counts = {field: dict(said.facets[field]) for field in fields}
    filters = Filters(conditions=tuple(Condition("speaker", speaker) for speaker in speakers[:MOST_CONDITIONS]))
    shown = [actors[member] for member in in_it if member in actors]
    quoted = [(actor, sum(counts["speaker"].get(each, 0) for each in _ids(actor, actor.id))) for actor in shown]
    return page(
        request,
        "group.html",
        rows=said.hits,
        following=f"/groups/{quote(group_id)}?{urlencode({'cursor': said.cursor})}" if said.cursor else "",
        group=groups[group_id],
        members=sorted(quoted, key=lambda member: -member[1])[:_MEMBERS],
        size=len(in_it),
        names={each.id: each.name for each in groups.values()} | {each.id: each.name for each in actors.values()},
        said=said,
        counts=counts,
        chart=histogram(said.days, lambda bar: between(filters, bar)),
        sources=said.facets["source"][:_BARS],
        filters=filters if len(speakers) <= MOST_CONDITIONS else None,
        watches=[watch for watch in services.desk.all(Watch) if group_id in (*watch.by, *watch.about)],
        hits=grouped(services, said.hits),
        cursor=said.cursor,
    )


def _search(services: Services, query: Node, limit: int = 1, **more: Any) -> Page:
    return services.index.search(Search(collection="statements", query=query, limit=limit, **more))


def _of_tab(ids: Sequence[str], tab: Tab) -> Node:
    if tab == "about":
        return _about(*ids)
    narrowed = {"changed": Term(("changed",), "verdict"), "denied": Term(("denied",), "said")}
    return And((by(*ids), narrowed[tab])) if tab in narrowed else by(*ids)


def _talks_about(services: Services, ids: Sequence[str], actors: Sequence[Actor]) -> list[tuple[Actor, int]]:
    """Return the tracked actors that the recent statements mention, the most frequent first."""
    recent = _search(services, by(*ids), limit=_RECENT)
    counts = Counter(actor_id for hit in recent.hits for actor_id in hit.about)
    known = {actor.id: actor for actor in actors}
    return [(known[actor_id], count) for actor_id, count in counts.most_common() if actor_id in known][:_BARS]


@router.post("/people")
@router.post("/actors")
def change_people(services: OpenServices, request: Request, form: Form) -> Response:
    """Track somebody, with a watch if asked for, change what is known of them, or track them no more."""
    if "remove" in form:
        return _remove(services, request, form["remove"])
    if "alias" in form:
        return _add_alias(services, form["alias"], form.get("of", ""))
    if "merge" in form or "split" in form:
        return _merge_or_split(services, request, form)
    if "id" in form:
        return _change(services, request, form)
    try:
        actor = _new_actor(services, form)
    except UsageError as error:
        return _list(services, request, form, error)
    if "watch" in form and services.desk.find(Watch, actor.id) is None:
        desk.stand(services, Watch(id=actor.id, name=actor.name, created=services.clock(), by=(actor.id,)))
    return back(f"/people/{actor.id}")


def _new_actor(services: Services, form: dict[str, str]) -> Actor:
    name = form.get("name", "")
    known = services.desk.find(Actor, slug(name))
    if known is not None:
        raise UsageError(f"{known.name} is tracked already; change their names and roles on their page")
    return desk.track(services, _filled_in(Actor(id=slug(name), name=name), form))


def _filled_in(actor: Actor, form: dict[str, str]) -> Actor:
    """The actor as the form has it; a role that stays keeps its dates."""
    known = {role.title: role for role in actor.roles}
    roles = tuple(known.get(title, Role(title)) for title in several(form.get("roles", "")))
    kinds: dict[str, Literal["person", "organisation"]] = {"person": "person", "organisation": "organisation"}
    return replace(
        actor,
        name=form.get("name", actor.name),
        kind=kinds.get(form.get("kind", ""), actor.kind),
        aliases=several(form.get("aliases", "")),
        roles=roles,
        wikidata=form.get("wikidata", actor.wikidata),
    )


def _change(services: Services, request: Request, form: dict[str, str]) -> Response:
    known = desk.find_actor(services, form["id"])
    if form.get("edition") != desk.edition(known):
        newer = {**form, "edition": desk.edition(known)}
        return _person(services, request, known.id, form=newer, error=desk.conflict(services, known), status=409)
    try:
        desk.track(services, _filled_in(known, form))
    except UsageError as error:
        return _person(services, request, known.id, form=form, error=error, status=400)
    return back(f"/people/{known.id}")


def _merge_or_split(services: Services, request: Request, form: dict[str, str]) -> Response:
    """Make the actor one with another, or make somebody else of a name; what is wrong is said on the page."""
    known = desk.find_actor(services, form.get("merge") or form.get("split", ""))
    try:
        if "merge" in form:
            return back(f"/people/{_merge(services, known, form.get('into', '')).id}")
        other = _split(services, known, form.get("name", ""))
    except UsageError as error:
        return _person(services, request, known.id, error=error, status=400)
    return back(f"/people/{other.id}")


def _split(services: Services, actor: Actor, name: str) -> Actor:
    """Track somebody else by a name that was the actor's."""
    left, other = separated(actor, name)
    if services.desk.find(Actor, other.id):
        raise UsageError(f"{other.name} is tracked already")
    check_free(other, services.desk.all(Group))
    services.desk.save(left, other)
    return other


def _merge(services: Services, actor: Actor, into: str) -> Actor:
    """Give all that the actor is and said to another one, also in watches and groups."""
    actors = services.desk.all(Actor)
    other = next((each for each in actors if into in (each.id, each.name) and each.id != actor.id), None)
    if other is None:
        raise UsageError(f"{into!r} is nobody else who is tracked")
    whole = merged(other, actor)
    named: list[Watch | Group] = [*services.desk.all(Watch), *services.desk.all(Group)]
    changed = [new for each in named if (new := renamed(each, actor.id, other.id)) != each]
    services.desk.save(whole, *changed)
    services.desk.remove(Actor, actor.id)
    return whole


def _add_alias(services: Services, alias: str, actor_id: str) -> Response:
    known = desk.find_actor(services, actor_id)
    desk.track(services, merged(known, Actor(id=slug(alias), name=alias)))
    return back(f"/people/{known.id}")


def _remove(services: Services, request: Request, actor_id: str) -> Response:
    """Track them no more; where a watch or group names them, their page says which."""
    try:
        desk.remove_actor(services, actor_id)
    except HTTPException as error:
        if error.status_code != HTTPStatus.CONFLICT:
            raise
        problem = UsageError(str(error.detail))
        return _person(services, request, actor_id, error=problem, status=HTTPStatus.CONFLICT)
    return back("/people")

"""The pages of sources: every feed with its health, one feed with its articles, and who quotes whom."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, time, timedelta
from typing import Final, cast, get_args
from urllib.parse import quote, urlencode

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import HTMLResponse, Response

from pipeline.desk import check_feed, check_listed
from pipeline.errors import InputError, OnRecordError, UsageError
from pipeline.feeds.health import Health, health
from pipeline.feeds.state import ListedFeed, described, listed, subscriptions, unsubscribe
from pipeline.ingest.items import source
from pipeline.model import Feed, FeedState, FullText
from pipeline.model.feed import LinkRule
from pipeline.model.query import Dated, Search, Term
from pipeline.ports import DEAD_LETTERS
from pipeline.run.metrics import REDRIVE
from pipeline.services import Services
from pipeline.text import fold
from pipeline.web import desk
from pipeline.web.charts import histogram
from pipeline.web.dependencies import Form, OpenServices, Upload, back, part
from pipeline.web.pages.record import MOST_CONDITIONS
from pipeline.web.render import page

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

POLICIES: Final = get_args(FullText)

_DAYS: Final = 14  # of a sparkline

_ARTICLES: Final = 20

_MOST_SOURCES: Final = 10_000  # that are counted

_LISTED: Final = 30  # feeds of one page

_WELL: Final = ("healthy", "new")


@dataclass(frozen=True, slots=True)
class Row:
    """A feed in the list; `days` has the number of its articles on each of the last days."""

    feed: ListedFeed
    health: Health
    days: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Imported:
    """The result of reading a list of feeds: how many were added and how many were known, and why others were not."""

    added: int
    known: int
    left_out: tuple[str, ...]


@router.get("/feeds")
def feeds(services: OpenServices, request: Request, *, sick: bool = False, tag: str = "") -> Response:
    """Return what is followed, with its health."""
    return _list(services, request, {}, sick=sick, tag=tag)


@router.get("/feeds.opml")
def feeds_as_opml(services: OpenServices) -> Response:
    """Return what is followed as OPML, for other feed readers."""
    from connectors.files.lists import write_opml

    content = write_opml([described(*each) for each in subscriptions(services.desk)], services.clock())
    name = {"content-disposition": 'attachment; filename="onrecord.opml"'}
    return Response(content, media_type="text/x-opml", headers=name)


@router.post("/feeds.opml")
def follow_listed(services: OpenServices, request: Request, content: Upload) -> Response:
    """Follow all feeds of an OPML file, and say what became of them."""
    from connectors.feeds.parser import Parser
    from connectors.files.lists import feeds_in_opml

    try:
        with Parser(services.settings.poll, 1) as parser:
            named = feeds_in_opml(content, "the file", parser)
    except InputError as error:
        return _list(services, request, {}, error=error)
    followed = {feed.id for feed in services.desk.all(Feed)}
    wrong = {feed.id: text for feed in named if (text := _refusal(feed))}
    new = [feed for feed in named if feed.id not in followed and feed.id not in wrong]
    services.desk.save(*new)
    imported = Imported(len(new), len(named) - len(new) - len(wrong), tuple(wrong.values()))
    return _list(services, request, {}, imported=imported)


def _refusal(feed: Feed) -> str:
    """Return why a list may not name the feed, or ''."""
    try:
        check_listed(feed)
    except UsageError as error:
        return str(error)
    return ""


def _list(
    services: Services,
    request: Request,
    form: dict[str, str],
    *,
    error: OnRecordError | None = None,
    proposals: Sequence[LinkRule] = (),
    unchecked: str = "",
    sick: bool = False,
    tag: str = "",
    imported: Imported | None = None,
) -> Response:
    now = services.clock()
    known = subscriptions(services.desk)
    healths = [(feed, state, health(state, now)) for feed, state in known if not tag or tag in feed.tags]
    ailing = [each for each in healths if each[2].condition not in _WELL]
    chosen = sorted(ailing if sick else healths, key=lambda each: each[2].condition in _WELL)
    names = [("source", name_of(feed, state)) for feed, state, _ in healths][:MOST_CONDITIONS]
    shown = part(request, chosen, lambda each: f"{each[0].url} {name_of(each[0], each[1])}", _LISTED)
    rows = _rows(services, [(feed, state) for feed, state, _ in shown.entries], now)
    return page(
        request,
        "sources.html",
        status=400 if error else 200,
        rows=[_as_data(row) for row in rows],
        following=shown.following,
        feeds=rows,
        today=now.date(),
        listed=shown,
        total=len(known),
        ailing=len(ailing),
        sick=sick,
        tags=sorted(Counter(name for feed, _ in known for name in feed.tags).items()),
        tag=tag,
        search=f"/record?{urlencode(names)}" if tag else "",
        imported=imported,
        failed=services.log.lag(DEAD_LETTERS, REDRIVE),
        form=form,
        error=error,
        proposals=proposals,
        unchecked=unchecked,
    )


def _as_data(row: Row) -> dict[str, object]:
    name = row.feed.source or row.feed.title
    return {"source": name, "tags": row.feed.tags, "articles": sum(row.days), **asdict(row.health)}


def _rows(services: Services, followed: Sequence[tuple[Feed, FeedState]], now: datetime) -> list[Row]:
    """The feeds with their articles of the last days, which one search counts for all."""
    start = datetime.combine(now.date() - timedelta(days=_DAYS - 1), time(), UTC)
    query = Dated(start, None)
    search = Search(collection="articles", query=query, limit=0, crossed=("source", "day"), values=_MOST_SOURCES)
    counts: dict[str, Counter[str]] = {}
    for name, of_days in services.index.search(search).crossed.items():
        counts.setdefault(fold(name), Counter()).update(of_days)
    days = [f"{(start + timedelta(days=after)).date()}" for after in range(_DAYS)]
    rows = []
    for feed, state in followed:
        of_feed = counts.get(fold(name_of(feed, state)), Counter())
        rows.append(Row(listed(feed, state), health(state, now), tuple(of_feed[day] for day in days)))
    return rows


def name_of(feed: Feed, state: FeedState) -> str:
    """The name that the articles of a feed have as their source."""
    return source(described(feed, state))


@router.get("/source")
def source_page(services: OpenServices, request: Request, feed: str) -> Response:
    """One feed: its articles by day, when it publishes, what went wrong, and what can be changed."""
    return _source(services, request, feed)


def _source(
    services: Services,
    request: Request,
    url: str,
    *,
    typed: Feed | None = None,
    error: OnRecordError | None = None,
) -> Response:
    known = next((pair for pair in subscriptions(services.desk) if pair[0].url == url), None)
    if known is None:
        raise HTTPException(404, f"feed {url!r} is not followed")
    name, state = name_of(*known), known[1]
    query = Term((fold(name),), "source")
    articles = services.index.search(Search(collection="articles", query=query, limit=_ARTICLES, days=True))
    return page(
        request,
        "source.html",
        status=400 if error else 200,
        rows=articles.hits,
        error=error,
        feed=listed(*known),
        given=typed or known[0],
        health=health(state, services.clock()),
        is_requested=known[0].requested > state.granted,
        name=name,
        articles=articles,
        chart=histogram(articles.days),
    )


@router.post("/feeds")
def change_feed(services: OpenServices, request: Request, form: Form) -> Response:
    """Follow a feed, change it, have it read at once, or follow it no more."""
    if "remove" in form:
        unsubscribe(services.desk, form["remove"])
        return back("/feeds")
    if "read" in form:
        return _read_now(services, form["read"])
    if "change" in form:
        return _change(services, request, form)
    if "section" in form:
        return _proposals(services, request, form)
    return _follow(services, request, form)


def _follow(services: Services, request: Request, form: dict[str, str]) -> Response:
    wanted = Feed(url=form.get("url", ""), source=form.get("source", ""), links=form.get("links", ""))
    try:
        checked, unchecked = desk.at_its_feed(services, wanted)
        feed, new = desk.follow(services, checked)
    except OnRecordError as error:
        return _list(services, request, form, error=error)
    if unchecked:
        return _list(services, request, {}, unchecked=unchecked)
    return back("/feeds" if new else f"/source?feed={_quoted(feed.url)}")


def _proposals(services: Services, request: Request, form: dict[str, str]) -> Response:
    """The list with the links that a page without a feed could be followed by."""
    try:
        return _list(services, request, form, proposals=desk.proposed_links(services, form.get("url", "")))
    except OnRecordError as error:
        return _list(services, request, form, error=error)


def _quoted(url: str) -> str:
    return quote(url, safe="")


def _read_now(services: Services, url: str) -> Response:
    """Let the poller read the feed at once."""
    services.desk.save(replace(_followed(services, url), requested=services.clock()))
    return back(f"/source?feed={_quoted(url)}")


def _followed(services: Services, url: str) -> Feed:
    known = services.desk.find(Feed, url)
    if known is None:
        raise HTTPException(404, f"feed {url!r} is not followed")
    return known


def _change(services: Services, request: Request, form: dict[str, str]) -> Response:
    known = _followed(services, form["change"])
    changed = replace(
        known,
        source=form.get("source", known.source),
        language=form.get("language", known.language),
        full_text=cast(FullText, policy) if (policy := form.get("full_text")) in POLICIES else known.full_text,
        ignore=_lines(form["ignore"]) if "ignore" in form else known.ignore,
        tags=_lines(form["tags"].replace(",", "\n")) if "tags" in form else known.tags,
        paused="paused" in form,
        links=form.get("links", known.links).strip(),
    )
    try:
        check_feed(changed)
    except UsageError as error:
        return _source(services, request, known.url, typed=changed, error=error)
    services.desk.save(changed)
    return back(f"/source?feed={_quoted(known.url)}")


def _lines(text: str) -> tuple[str, ...]:
    """The lines of a form's field that have something in them."""
    return tuple(dict.fromkeys(stripped for line in text.splitlines() if (stripped := line.strip())))

"""The state of a feed after each poll, its new items, and the feeds with their states as lists show them."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from datetime import datetime, timedelta
from hashlib import blake2b
from http import HTTPStatus
from types import MappingProxyType
from typing import Any, Final

from pipeline.feeds.health import warned
from pipeline.feeds.schedule import after_failure, after_success, begun, continued, own_hour
from pipeline.feeds.websub import discovered
from pipeline.ingest.identity import DIGEST, ReadItem, packed_items, read_items, recognised, renamed, steady
from pipeline.ingest.items import published
from pipeline.model import (
    EPOCH,
    Article,
    Feed,
    FeedState,
    FeedWarning,
    FullText,
    Identity,
    PublisherLimits,
    PublishingRate,
    Time,
    WebSubSubscription,
    content_id,
)
from pipeline.model.feed import FeedItem, FeedResponse, IdentifiedItem, ParsedFeed
from pipeline.ports import Desk
from pipeline.settings.sections import Poll
from pipeline.sources import Arrivals
from pipeline.text import fold, words

_LEAST_MEMORY: Final = 250  # items; the pipeline recognises older items by the id of their article

_FIRST_ITEM: Final = re.compile(rb"<(?:\w+:)?(?:item|entry)[\s>]")

_WRITTEN: Final = re.compile(rb"<(lastBuildDate|pubDate|updated|dc:date)\b[^<]*</\1>")


def short(*parts: str) -> str:
    """A digest of 64 bits: the hundreds of items that one feed remembers never share one."""
    return content_id(*parts)[:DIGEST]


def digests(seen: str) -> list[str]:
    """The single digests of `FeedState.seen`."""
    return [seen[start : start + DIGEST] for start in range(0, len(seen), DIGEST)]


def remembered(seen: str, present: Iterable[str]) -> str:
    """The digests to remember: as many earlier ones as fit, then those of all `present` items."""
    latest = dict.fromkeys(present)
    earlier = [digest for digest in digests(seen) if digest not in latest]
    room = max(_LEAST_MEMORY - len(latest), len(latest))
    return "".join((*earlier[-room:], *latest))


_OLD: Final = timedelta(days=14)

_ARCHIVE: Final = 10  # this many old items, new to us, are an archive

_MOST_ERROR: Final = 500  # characters


@dataclass(frozen=True, slots=True)
class NewItem:
    """An item to send on, with the digest that the state remembers."""

    identified: IdentifiedItem
    digest: str
    backfill: bool


def conditions(state: FeedState, now: datetime) -> dict[str, str]:
    """The headers of a conditional request.

    A silent feed is requested unconditionally in one hour of the day, because validators that never change would keep
    it silent forever.
    """
    validators = {"if-none-match": state.etag, "if-modified-since": state.last_modified}
    if state.stuck or (state.warning == "silent" and now.hour == own_hour(state)):
        return {}
    return {name: value for name, value in validators.items() if value}


def trouble(state: FeedState, response: FeedResponse, now: datetime) -> str:
    """The trouble with a response, or '' for one with a body or without changes since the last."""
    if response.status == HTTPStatus.NOT_MODIFIED and conditions(state, now):
        return ""
    if 200 <= response.status < 300:
        return "" if response.body.strip() else f"{response.url} answers {response.status} with an empty body"
    names = {status.value: f" {status.phrase}" for status in HTTPStatus}
    return f"{response.url} answers {response.status}{names.get(response.status, '')}"


def fresh(state: FeedState, contents: ParsedFeed, now: datetime) -> list[NewItem]:
    """The items of a body that were not sent on before, oldest first.

    All items of a feed's first body are a backfill. Later, ten or more unseen items older than two weeks are an archive
    that the feed lists again, and a backfill too. A single late article is news.
    """
    sent, read_before = set(digests(state.seen)), read_items(state.items)
    unseen = {
        digest: identified
        for identified in recognised(state, contents.entries).identified
        if (digest := _digest(identified, read_before)) not in sent
    }
    dates = {digest: published(identified.entry, now) or now for digest, identified in unseen.items()}
    old = {digest for digest, date in dates.items() if date < now - _OLD}
    backfill = set(unseen) if not state.polled else old if len(old) >= _ARCHIVE else set()
    # Feeds begin with the newest item; dates are more reliable than this order.
    news = [NewItem(identified, digest, digest in backfill) for digest, identified in reversed(unseen.items())]
    return sorted(news, key=lambda new: dates[new.digest])


def with_rules(feed: Feed, poll: Poll) -> Feed:
    """The feed with the rules of the settings beside its own."""
    return replace(feed, ignore=(*poll.ignore, *feed.ignore)) if poll.ignore else feed


def ignored(feed: Feed, piece: FeedItem | Article) -> bool:
    """Return True if a rule of the feed leaves the item out.

    "title:", "author:" and "section:" match consecutive words without case and accents, "link:" a part of the address.
    """
    texts = {"title": (piece.title,), "author": piece.authors, "section": (piece.section,)}
    for rule in feed.ignore:
        name, _, pattern = rule.partition(":")
        if name == "link" and fold(pattern.strip()) in fold(piece.url):
            return True
        phrase = f" {' '.join(words(pattern))} "
        if any(phrase in f" {' '.join(words(text))} " for text in texts.get(name, ())):
            return True
    return False


def wants_page(feed: Feed, new: NewItem) -> bool:
    """Return True if the text of an item has to be read from its page."""
    is_missing = feed.full_text == "always" or (feed.full_text == "auto" and not new.identified.entry.whole)
    return is_missing and bool(new.identified.entry.url)


def succeeded(
    state: FeedState,
    response: FeedResponse,
    contents: ParsedFeed | None,
    now: datetime,
    poll: Poll,
    *,
    ids: Mapping[str, str] = MappingProxyType({}),
) -> FeedState:
    """The state after a successful poll; `contents` are None if nothing had changed.

    `ids` maps the ids of articles by the feed to their ids by their pages. A push brings items, and nothing else about
    the feed.
    """
    if response.pushed and contents:
        return _after_push(state, _with_body(state, state, response, contents, now=now, ids=ids), now, poll)
    new_state = replace(
        state,
        location=response.moved or state.location,
        last_success=now,
        last_error="",
        status=response.status,
        failures=0,
        polled=True,
        asked=replace(state.asked, lifetime=_whole_seconds(response.lifetime), held=EPOCH),
    )
    new_state = (
        _unchanged(new_state, response, now)
        if contents is None
        else _with_body(state, new_state, response, contents, now=now, ids=ids)
    )
    return replace(
        new_state,
        next_check=after_success(new_state, now, poll),
        warning=warned(new_state, now, recovering=state.failures > 0),
    )


def is_unchanged(state: FeedState, response: FeedResponse) -> bool:
    """Return True if the server answers "not modified" or sends the same body as last time."""
    if response.status == HTTPStatus.NOT_MODIFIED:
        return True
    return not response.pushed and state.polled and state.body == body_digest(response.body)


def body_digest(body: bytes) -> str:
    """The digest of a body without the times at which it was written, which change by themselves."""
    start = _FIRST_ITEM.search(body)
    head = _WRITTEN.sub(b"", body[: start.start()] if start else body)
    remainder = body[start.start() :] if start else b""
    return blake2b(head + remainder, digest_size=8).hexdigest()


def _after_push(state: FeedState, read: FeedState, now: datetime, poll: Poll) -> FeedState:
    brought = replace(
        state,
        seen=read.seen,
        identity=read.identity,
        known=read.known,
        rhythm=read.rhythm,
        push=replace(state.push, proven=True),
    )
    return replace(brought, next_check=max(state.next_check, after_success(brought, now, poll)))


def _unchanged(state: FeedState, response: FeedResponse, now: datetime) -> FeedState:
    rested = replace(state, rhythm=continued(state.rhythm, (), now))
    if response.status == HTTPStatus.NOT_MODIFIED:
        return rested
    return replace(rested, etag=response.etag, last_modified=response.last_modified)


def _with_body(
    before: FeedState,
    state: FeedState,
    response: FeedResponse,
    contents: ParsedFeed,
    *,
    now: datetime,
    ids: Mapping[str, str],
) -> FeedState:
    """The state with the body's items and declarations."""
    recognition = renamed(recognised(state, contents.entries), ids)
    sent, read_before = set(digests(state.seen)), read_items(state.items)
    items = [
        ReadItem(identified.entry.raw, _digest(identified, read_before), keys.text)
        for identified, keys in zip(recognition.identified, recognition.keys, strict=True)
    ]
    dated = zip(items, recognition.identified, strict=True)
    present = {new_item.seen: published(identified.entry, now) for new_item, identified in dated}
    dates = [date for digest, date in present.items() if digest not in sent]
    rhythm = continued(state.rhythm, dates, now) if before.polled else begun(dates, now)
    return replace(
        state,
        title=state.title or contents.title,
        language=state.language or contents.language,
        etag=response.etag,
        last_modified=response.last_modified,
        body=state.body if response.pushed else body_digest(response.body),
        items=state.items if response.pushed else packed_items(items),
        stuck=before.stuck or (bool(dates) and _same_validators(before, response) and not conditions(before, now)),
        seen=remembered(state.seen, present),
        identity=recognition.identity,
        known=recognition.known,
        asked=replace(contents.asked, lifetime=state.asked.lifetime),
        rhythm=rhythm,
        push=_push(before, response, contents, brought=bool(dates)),
    )


def _push(state: FeedState, response: FeedResponse, contents: ParsedFeed, *, brought: bool) -> WebSubSubscription:
    """The WebSub state after a poll. A hub is unreliable once a poll `brought` items that it had not pushed."""
    hub, topic = (response.hub, response.topic) if response.hub else (contents.hub, contents.topic)
    push = discovered(state.push, hub, topic, response.url)
    return replace(push, proven=False) if brought and push.proven else push


def _same_validators(state: FeedState, response: FeedResponse) -> bool:
    validators = (state.etag, state.last_modified)
    return any(validators) and validators == (response.etag, response.last_modified)


def failed(state: FeedState, error: str, response: FeedResponse | None, now: datetime, poll: Poll) -> FeedState:
    """The state after a failed poll: the pause doubles with each failure in a row, up to the longest.

    A new location that fails is dropped, so that the next poll goes to the feed's own address; so are its validators,
    because they belong to a body that was not read. A server that is overloaded, or says how long it is unavailable,
    gets no request for any of its feeds meanwhile.
    """
    status = response.status if response else 0
    wait = response.retry_after if response else None
    lifetime = _whole_seconds(response.lifetime) if response else state.asked.lifetime
    limits = replace(state.asked, lifetime=lifetime, held=EPOCH)
    failed_state = replace(state, asked=limits, failures=state.failures + 1)
    next_poll = after_failure(failed_state, wait, now, poll)
    busy = status == HTTPStatus.TOO_MANY_REQUESTS or (status == HTTPStatus.SERVICE_UNAVAILABLE and wait is not None)
    return replace(
        failed_state,
        location="",
        next_check=next_poll,
        last_error=error[:_MOST_ERROR],
        status=status,
        warning=warned(failed_state, now),
        asked=replace(limits, held=_held_until(wait, now, poll)) if busy else limits,
        etag="" if state.location else state.etag,
        last_modified="" if state.location else state.last_modified,
    )


def _held_until(wait: timedelta | None, now: datetime, poll: Poll) -> datetime:
    """The end of the pause for all feeds of the host, at most the longest pause of a failing feed."""
    return now + min(wait or poll.every, max(poll.longest, poll.every))


def _whole_seconds(time: timedelta) -> int:
    return int(time.total_seconds())


def gone(state: FeedState, now: datetime) -> FeedState:
    """The state after the server declared the feed permanently gone: it is not polled again."""
    error = f"410 Gone since {now:%Y-%m-%d}"
    return replace(state, gone=True, last_error=error, status=HTTPStatus.GONE.value, failures=state.failures + 1)


def collected(state: FeedState, arrivals: Arrivals, now: datetime, poll: Poll) -> FeedState:
    """The state after an inbox was read; if more is waiting, the next poll follows at once."""
    dates = [article.published for article in arrivals.articles]
    new_state = replace(
        state,
        etag=arrivals.cursor,
        last_success=now,
        last_error="",
        failures=0,
        polled=True,
        rhythm=continued(state.rhythm, dates, now) if state.polled else begun(dates, now),
    )
    next_poll = now if arrivals.more else after_success(new_state, now, poll)
    return replace(new_state, next_check=next_poll, warning=warned(new_state, now, recovering=state.failures > 0))


def described(feed: Feed, state: FeedState) -> Feed:
    """The feed with the title, language and outlet that it declares, unless the user set others."""
    return replace(
        feed,
        title=feed.title or state.title,
        language=feed.language or state.language,
        source=feed.source or state.outlet,
    )


def _digest(identified: IdentifiedItem, read: Mapping[str, ReadItem]) -> str:
    """The digest for `FeedState.seen`; a known item has that of the earlier poll."""
    entry = identified.entry
    return read[entry.raw].seen if entry.raw in read else short(identified.article_id, entry.title, steady(entry.text))


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedFeed:
    """The public fields of Feed and FeedState, without the packed memory of single items and pages."""

    url: str
    source: str
    title: str
    language: str
    full_text: FullText
    ignore: tuple[str, ...]
    tags: tuple[str, ...]
    paused: bool
    links: str
    account: str
    requested: Time
    location: str
    etag: str
    last_modified: str
    next_check: Time
    last_success: Time | None
    last_error: str
    status: int
    failures: int
    polled: bool
    gone: bool
    identity: Identity
    asked: PublisherLimits
    rhythm: PublishingRate
    warning: FeedWarning
    stuck: bool
    push: WebSubSubscription


_OF_THE_STATE = {field.name for field in fields(FeedState)} & {field.name for field in fields(ListedFeed)}


def subscriptions(desk: Desk) -> list[tuple[Feed, FeedState]]:
    """All feeds, sorted by address, each with its state."""
    states = {state.id: state for state in desk.all(FeedState)}
    return [(feed, states.get(feed.id) or FeedState(url=feed.url)) for feed in desk.all(Feed)]


def listed(feed: Feed, state: FeedState) -> ListedFeed:
    """The feed as lists show it."""
    feed_as_shown = described(feed, state)
    own: dict[str, Any] = {field.name: getattr(feed_as_shown, field.name) for field in fields(Feed)}
    return ListedFeed(**({name: getattr(state, name) for name in _OF_THE_STATE} | own))


def unsubscribe(desk: Desk, url: str) -> bool:
    """Remove the feed and its state from the desk; True if there was such a feed."""
    followed = desk.remove(Feed, url)
    desk.remove(FeedState, url)
    return followed

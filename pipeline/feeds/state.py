"""What a feed's state becomes after a poll, and which of its items are new."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from http import HTTPStatus
from types import MappingProxyType
from typing import Final

from pipeline.feeds.health import warned
from pipeline.feeds.schedule import after_failure, after_success, begun, continued, own_hour
from pipeline.feeds.websub import discovered
from pipeline.ingest.identity import recognised, renamed, steady
from pipeline.ingest.items import published
from pipeline.model import EPOCH, Feed, FeedState, WebSubSubscription, content_id
from pipeline.model.feed_item import FeedResponse, IdentifiedItem, ParsedFeed
from pipeline.settings.sections import Poll

_LEAST_MEMORY: Final = 250  # entries; older ones that come back are known by their identity to the pipeline

_DIGEST: Final = 16  # characters


def short(*parts: str) -> str:
    """The digest of these."""
    # 64 bits: among the hundreds that one feed remembers, two are never the same.
    return content_id(*parts)[:_DIGEST]


def digests(seen: str) -> list[str]:
    """The digests in it."""
    return [seen[at : at + _DIGEST] for at in range(0, len(seen), _DIGEST)]


def remembered(seen: str, present: Iterable[str]) -> str:
    """What was seen, with what is present as the newest; what is present is never forgotten for want of room."""
    latest = dict.fromkeys(present)
    earlier = [digest for digest in digests(seen) if digest not in latest]
    room = max(_LEAST_MEMORY - len(latest), len(latest))
    return "".join((*earlier[-room:], *latest))


_OLD = timedelta(days=14)

_ARCHIVE = 10

_MOST_ERROR = 500  # characters


@dataclass(frozen=True, slots=True)
class NewItem:
    """An entry to be sent on, under the digest by which it will be known."""

    found: IdentifiedItem
    digest: str
    backfill: bool


def conditions(state: FeedState, now: datetime) -> dict[str, str]:
    """The headers that ask for the feed only if it has changed.

    Where it is silent against its rhythm, it is asked for as a whole in one hour of the day: validators that never
    change would keep it silent for good.
    """
    asked = {"if-none-match": state.etag, "if-modified-since": state.last_modified}
    if state.stuck or (state.warning == "silent" and now.hour == own_hour(state)):
        return {}
    return {name: value for name, value in asked.items() if value}


def trouble(state: FeedState, answer: FeedResponse, now: datetime) -> str:
    """What is wrong with an answer, or '' for one that holds a body or says that nothing has changed."""
    if answer.status == HTTPStatus.NOT_MODIFIED and conditions(state, now):
        return ""
    if 200 <= answer.status < 300:
        return "" if answer.body.strip() else f"{answer.url} answers {answer.status} with an empty body"
    names = {status.value: f" {status.phrase}" for status in HTTPStatus}
    return f"{answer.url} answers {answer.status}{names.get(answer.status, '')}"


def fresh(state: FeedState, contents: ParsedFeed, now: datetime) -> list[NewItem]:
    """What of a body was not sent on before, oldest first.

    All of a feed's first body is a backfill. Later, ten or more unseen entries that are older than two weeks are an
    archive announced anew: those are a backfill. A single late article is news.
    """
    seen = set(digests(state.seen))
    unseen = {
        digest: found for found in recognised(state, contents.entries).found if (digest := _digest(found)) not in seen
    }
    dates = {digest: published(found.entry, now) or now for digest, found in unseen.items()}
    old = {digest for digest, date in dates.items() if date < now - _OLD}
    backfill = set(unseen) if not state.polled else old if len(old) >= _ARCHIVE else set()
    # Feeds begin with the newest. Dates, where there are any, know better than the order.
    news = [NewItem(found, digest, digest in backfill) for digest, found in reversed(unseen.items())]
    return sorted(news, key=lambda one: dates[one.digest])


def wants_page(feed: Feed, one: NewItem) -> bool:
    """Whether the page that an entry leads to is to be read for its text."""
    wanted = feed.full_text == "always" or (feed.full_text == "auto" and not one.found.entry.whole)
    return wanted and bool(one.found.entry.url)


def succeeded(
    state: FeedState,
    answer: FeedResponse,
    contents: ParsedFeed | None,
    now: datetime,
    poll: Poll,
    *,
    ids: Mapping[str, str] = MappingProxyType({}),
) -> FeedState:
    """The feed after a look that worked; `contents` are None where nothing had changed.

    `ids` are those that articles got from their pages, by those that they had from the feed. What was pushed brings
    entries, and tells nothing else of the feed.
    """
    if answer.pushed and contents:
        return _after_push(state, _read(state, state, answer, contents, now=now, ids=ids), now, poll)
    looked = replace(
        state,
        location=answer.moved or state.location,
        last_success=now,
        last_error="",
        status=answer.status,
        failures=0,
        polled=True,
        asked=replace(state.asked, lifetime=_whole_seconds(answer.lifetime), held=EPOCH),
    )
    looked = _unchanged(looked, now) if contents is None else _read(state, looked, answer, contents, now=now, ids=ids)
    return replace(
        looked, next_check=after_success(looked, now, poll), warning=warned(looked, now, recovering=state.failures > 0)
    )


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


def _unchanged(state: FeedState, now: datetime) -> FeedState:
    return replace(state, rhythm=continued(state.rhythm, (), now))


def _read(
    before: FeedState,
    state: FeedState,
    answer: FeedResponse,
    contents: ParsedFeed,
    *,
    now: datetime,
    ids: Mapping[str, str],
) -> FeedState:
    """The feed with what its body says of it and brings."""
    told = renamed(recognised(state, contents.entries), ids)
    seen = set(digests(state.seen))
    present = {_digest(found): published(found.entry, now) for found in told.found}
    dates = [date for digest, date in present.items() if digest not in seen]
    rhythm = continued(state.rhythm, dates, now) if before.polled else begun(dates, now)
    return replace(
        state,
        title=contents.title or state.title,
        language=contents.language or state.language,
        etag=answer.etag,
        last_modified=answer.last_modified,
        stuck=before.stuck or (bool(dates) and _same_validators(before, answer) and not conditions(before, now)),
        seen=remembered(state.seen, present),
        identity=told.identity,
        known=told.known,
        asked=replace(contents.asked, lifetime=state.asked.lifetime),
        rhythm=rhythm,
        push=_push(before, answer, contents, brought=bool(dates)),
    )


def _push(state: FeedState, answer: FeedResponse, contents: ParsedFeed, *, brought: bool) -> WebSubSubscription:
    """The feed's subscription after a look. One that brought something new, which was not pushed, proves it wanting."""
    hub, topic = (answer.hub, answer.topic) if answer.hub else (contents.hub, contents.topic)
    push = discovered(state.push, hub, topic, answer.url)
    return replace(push, proven=False) if brought and push.proven else push


def _same_validators(state: FeedState, answer: FeedResponse) -> bool:
    known = (state.etag, state.last_modified)
    return any(known) and known == (answer.etag, answer.last_modified)


def failed(state: FeedState, error: str, answer: FeedResponse | None, now: datetime, poll: Poll) -> FeedState:
    """The feed after a look that did not work: the pause doubles with each failure in a row, up to the longest.

    A new location that fails is forgotten, so that the next look goes to the feed's own address; so are validators,
    which belong to a body that was not read. A server that is asked too much, or that says for how long it is away, is
    left alone with all feeds that it has.
    """
    status = answer.status if answer else 0
    wait = answer.retry_after if answer else None
    lifetime = _whole_seconds(answer.lifetime) if answer else state.asked.lifetime
    asked = replace(state.asked, lifetime=lifetime, held=EPOCH)
    looked = replace(state, asked=asked, failures=state.failures + 1)
    then = after_failure(looked, wait, now, poll)
    busy = status == HTTPStatus.TOO_MANY_REQUESTS or (status == HTTPStatus.SERVICE_UNAVAILABLE and wait is not None)
    return replace(
        looked,
        location="",
        next_check=then,
        last_error=error[:_MOST_ERROR],
        status=status,
        warning=warned(looked, now),
        asked=replace(asked, held=_held_until(wait, now, poll)) if busy else asked,
        etag="" if state.location else state.etag,
        last_modified="" if state.location else state.last_modified,
    )


def _held_until(wait: timedelta | None, now: datetime, poll: Poll) -> datetime:
    """When the host may be asked for its other feeds: not for longer than a failing feed itself is left alone."""
    return now + min(wait or poll.every, max(poll.longest, poll.every))


def _whole_seconds(time: timedelta) -> int:
    return int(time.total_seconds())


def gone(state: FeedState, now: datetime) -> FeedState:
    """The feed after its server has said that it is gone for good: it is not looked at again."""
    told = f"410 Gone since {now:%Y-%m-%d}"
    return replace(state, gone=True, last_error=told, status=HTTPStatus.GONE.value, failures=state.failures + 1)


def described(feed: Feed, state: FeedState) -> Feed:
    """The feed with the title and language that it declares, where the user gave none."""
    return replace(feed, title=feed.title or state.title, language=feed.language or state.language)


def _digest(found: IdentifiedItem) -> str:
    return short(found.article_id, found.entry.title, steady(found.entry.text))

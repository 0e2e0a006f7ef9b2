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
from pipeline.model import EPOCH, Feed, WebSubSubscription, content_id
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


def conditions(feed: Feed, now: datetime) -> dict[str, str]:
    """The headers that ask for the feed only if it has changed.

    Where it is silent against its rhythm, it is asked for as a whole in one hour of the day: validators that never
    change would keep it silent for good.
    """
    asked = {"if-none-match": feed.etag, "if-modified-since": feed.last_modified}
    if feed.stuck or (feed.warning == "silent" and now.hour == own_hour(feed)):
        return {}
    return {name: value for name, value in asked.items() if value}


def trouble(feed: Feed, answer: FeedResponse, now: datetime) -> str:
    """What is wrong with an answer, or '' for one that holds a body or says that nothing has changed."""
    if answer.status == HTTPStatus.NOT_MODIFIED and conditions(feed, now):
        return ""
    if 200 <= answer.status < 300:
        return "" if answer.body.strip() else f"{answer.url} answers {answer.status} with an empty body"
    names = {status.value: f" {status.phrase}" for status in HTTPStatus}
    return f"{answer.url} answers {answer.status}{names.get(answer.status, '')}"


def fresh(feed: Feed, contents: ParsedFeed, now: datetime) -> list[NewItem]:
    """What of a body was not sent on before, oldest first.

    All of a feed's first body is a backfill. Later, ten or more unseen entries that are older than two weeks are an
    archive announced anew: those are a backfill. A single late article is news.
    """
    seen = set(digests(feed.seen))
    unseen = {
        digest: found for found in recognised(feed, contents.entries).found if (digest := _digest(found)) not in seen
    }
    dates = {digest: published(found.entry, now) or now for digest, found in unseen.items()}
    old = {digest for digest, date in dates.items() if date < now - _OLD}
    backfill = set(unseen) if not feed.polled else old if len(old) >= _ARCHIVE else set()
    # Feeds begin with the newest. Dates, where there are any, know better than the order.
    news = [NewItem(found, digest, digest in backfill) for digest, found in reversed(unseen.items())]
    return sorted(news, key=lambda one: dates[one.digest])


def wants_page(feed: Feed, one: NewItem) -> bool:
    """Whether the page that an entry leads to is to be read for its text."""
    wanted = feed.full_text == "always" or (feed.full_text == "auto" and not one.found.entry.whole)
    return wanted and bool(one.found.entry.url)


def succeeded(
    feed: Feed,
    answer: FeedResponse,
    contents: ParsedFeed | None,
    now: datetime,
    poll: Poll,
    *,
    ids: Mapping[str, str] = MappingProxyType({}),
) -> Feed:
    """The feed after a look that worked; `contents` are None where nothing had changed.

    `ids` are those that articles got from their pages, by those that they had from the feed. What was pushed brings
    entries, and tells nothing else of the feed.
    """
    if answer.pushed and contents:
        return _after_push(feed, _read(feed, feed, answer, contents, now=now, ids=ids), now, poll)
    looked = replace(
        feed,
        location=answer.moved or feed.location,
        last_success=now,
        last_error="",
        status=answer.status,
        failures=0,
        polled=True,
        asked=replace(feed.asked, lifetime=_whole_seconds(answer.lifetime), held=EPOCH),
    )
    looked = _unchanged(looked, now) if contents is None else _read(feed, looked, answer, contents, now=now, ids=ids)
    return replace(
        looked, next_check=after_success(looked, now, poll), warning=warned(looked, now, recovering=feed.failures > 0)
    )


def _after_push(feed: Feed, read: Feed, now: datetime, poll: Poll) -> Feed:
    brought = replace(
        feed,
        seen=read.seen,
        identity=read.identity,
        known=read.known,
        rhythm=read.rhythm,
        push=replace(feed.push, proven=True),
    )
    return replace(brought, next_check=max(feed.next_check, after_success(brought, now, poll)))


def _unchanged(feed: Feed, now: datetime) -> Feed:
    return replace(feed, rhythm=continued(feed.rhythm, (), now))


def _read(
    before: Feed, feed: Feed, answer: FeedResponse, contents: ParsedFeed, *, now: datetime, ids: Mapping[str, str]
) -> Feed:
    """The feed with what its body says of it and brings."""
    told = renamed(recognised(feed, contents.entries), ids)
    seen = set(digests(feed.seen))
    present = {_digest(found): published(found.entry, now) for found in told.found}
    dates = [date for digest, date in present.items() if digest not in seen]
    rhythm = continued(feed.rhythm, dates, now) if before.polled else begun(dates, now)
    return replace(
        feed,
        title=feed.title or contents.title,
        language=feed.language or contents.language,
        etag=answer.etag,
        last_modified=answer.last_modified,
        stuck=before.stuck or (bool(dates) and _same_validators(before, answer) and not conditions(before, now)),
        seen=remembered(feed.seen, present),
        identity=told.identity,
        known=told.known,
        asked=replace(contents.asked, lifetime=feed.asked.lifetime),
        rhythm=rhythm,
        push=_push(before, answer, contents, brought=bool(dates)),
    )


def _push(feed: Feed, answer: FeedResponse, contents: ParsedFeed, *, brought: bool) -> WebSubSubscription:
    """The feed's subscription after a look. One that brought something new, which was not pushed, proves it wanting."""
    hub, topic = (answer.hub, answer.topic) if answer.hub else (contents.hub, contents.topic)
    push = discovered(feed.push, hub, topic, answer.url)
    return replace(push, proven=False) if brought and push.proven else push


def _same_validators(feed: Feed, answer: FeedResponse) -> bool:
    known = (feed.etag, feed.last_modified)
    return any(known) and known == (answer.etag, answer.last_modified)


def failed(feed: Feed, error: str, answer: FeedResponse | None, now: datetime, poll: Poll) -> Feed:
    """The feed after a look that did not work: the pause doubles with each failure in a row, up to the longest.

    A new location that fails is forgotten, so that the next look goes to the feed's own address; so are validators,
    which belong to a body that was not read. A server that is asked too much, or that says for how long it is away, is
    left alone with all feeds that it has.
    """
    status = answer.status if answer else 0
    wait = answer.retry_after if answer else None
    lifetime = _whole_seconds(answer.lifetime) if answer else feed.asked.lifetime
    asked = replace(feed.asked, lifetime=lifetime, held=EPOCH)
    looked = replace(feed, asked=asked, failures=feed.failures + 1)
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
        etag="" if feed.location else feed.etag,
        last_modified="" if feed.location else feed.last_modified,
    )


def _held_until(wait: timedelta | None, now: datetime, poll: Poll) -> datetime:
    """When the host may be asked for its other feeds: not for longer than a failing feed itself is left alone."""
    return now + min(wait or poll.every, max(poll.longest, poll.every))


def _whole_seconds(time: timedelta) -> int:
    return int(time.total_seconds())


def gone(feed: Feed, now: datetime) -> Feed:
    """The feed after its server has said that it is gone for good: it is not looked at again."""
    told = f"410 Gone since {now:%Y-%m-%d}"
    return replace(feed, gone=True, last_error=told, status=HTTPStatus.GONE.value, failures=feed.failures + 1)


def with_memory(asked: Feed, looked: Feed) -> Feed:
    """The feed as the user has it by now, with the polling memory of a look that began earlier."""
    language = asked.language or looked.language
    return replace(looked, source=asked.source, language=language, full_text=asked.full_text)


def shown(feed: Feed) -> Feed:
    """The feed without what it remembers of every entry, which is long and tells nobody anything."""
    return replace(feed, seen="", known="", blocks="", again="")


def _digest(found: IdentifiedItem) -> str:
    return short(found.article_id, found.entry.title, steady(found.entry.text))

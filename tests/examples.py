"""Nouns for tests, each a whole valid one that a test changes where it matters."""

import gc
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from pipeline.model import (
    Actor,
    Alert,
    ApiToken,
    Article,
    ArticleRef,
    Change,
    ChangedField,
    Decision,
    Delivery,
    Document,
    Feed,
    FeedState,
    Group,
    Link,
    Mark,
    Mention,
    Mute,
    PushSubscription,
    Quote,
    Report,
    Role,
    Session,
    Span,
    Statement,
    Triage,
    User,
    Watch,
    alert_id,
    article_id,
    quote_id,
    slug,
    statement_id,
)

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
TEXT = "The harbour will stay open, Mayor Ada Lindqvist said on Monday."


def article(url: str = "https://courier.example/harbour", text: str = TEXT, **changes: Any) -> Article:
    """An article of one sentence with one indirect quote."""
    plain = Article(
        id=article_id(canonical_url=url),
        source="courier.example",
        title="Harbour stays open",
        text=text,
        first_seen=NOON,
        fetched=NOON,
        url=url,
        canonical_url=url,
        language="en",
        published=NOON - timedelta(hours=1),
    )
    return replace(plain, **changes)


def span(text: str, part: str) -> Span:
    """The first place of `part` in `text`."""
    start = text.index(part)
    return Span(start, start + len(part), part)


def quote(origin: Article | None = None, part: str = "The harbour will stay open", **changes: Any) -> Quote:
    """The quote of `part` by Ada Lindqvist in the article."""
    origin = origin or article()
    where = span(origin.text, part)
    plain = Quote(
        id=quote_id(origin.id, "ada-lindqvist", where.start, where.end, part),
        start=where.start,
        end=where.end,
        text=part,
        kind="indirect",
        fragments=((where.start, where.end),),
        speaker_name="Ada Lindqvist",
        speaker_id="ada-lindqvist",
        confidence=0.9,
    )
    return replace(plain, **changes)


def document(origin: Article | None = None) -> Document:
    """The article with its one mention and one quote as extraction would find them."""
    origin = origin or article()
    name, cue = span(origin.text, "Ada Lindqvist"), span(origin.text, "said")
    return Document(
        article=origin,
        origin="articles/0/0",
        mentions=(
            Mention(
                start=name.start, end=name.end, text=name.text, kind="person", name=name.text, actor="ada-lindqvist"
            ),
        ),
        quotes=(quote(origin, cue=cue, speaker=name, chain=(Link(name, "full-name"),)),),
    )


def reference(origin: Article | None = None) -> ArticleRef:
    """Return what a report keeps of the article."""
    origin = origin or article()
    return ArticleRef(
        id=origin.id,
        revision=origin.revision,
        source=origin.source,
        url=origin.url,
        title=origin.title,
        language=origin.language,
        published=origin.published,
        first_seen=origin.first_seen,
        backfill=origin.backfill,
    )


def report(origin: Article | None = None, **changes: Any) -> Report:
    """The article's one quote, as the quotes log carries it."""
    origin = origin or article()
    return Report(quote(origin, **changes), reference(origin))


def statement(first: Report | None = None) -> Statement:
    """The statement that the report is the first to report."""
    first = first or report()
    return Statement(
        id=statement_id(first.quote.speaker_id, first.quote.id),
        speaker_id=first.quote.speaker_id,
        speaker_name=first.quote.speaker_name,
        text=first.quote.content,
        kind=first.quote.kind,
        first=first,
    )


def decision(origin: Report | None = None, **changes: Any) -> Decision:
    """A report decided to be a new statement."""
    origin = origin or report()
    return replace(Decision(origin, statement(origin), "new", "first report"), **changes)


def actor(name: str = "Ada Lindqvist", **changes: Any) -> Actor:
    """A tracked person with a role."""
    return replace(Actor(id="ada-lindqvist", name=name, aliases=("Lindqvist",), roles=(Role("Mayor"),)), **changes)


def watch(**changes: Any) -> Watch:
    """A watch on all that Ada Lindqvist says, an hour old."""
    return replace(
        Watch(id="harbour", name="Harbour", created=NOON - timedelta(hours=1), by=("ada-lindqvist",)), **changes
    )


def alert(origin: Statement | None = None) -> Alert:
    """The watch met by the statement."""
    origin = origin or statement()
    return Alert(
        id=alert_id("harbour", origin.id),
        watch_id="harbour",
        watch_name="Harbour",
        statement=origin,
        why="said by",
        created=NOON,
    )


def delivery(origin: Alert | None = None, **changes: Any) -> Delivery:
    """The alert on its way to standard output."""
    origin = origin or alert()
    return replace(Delivery(id=f"{origin.id}-stdout", alert=origin, target="stdout"), **changes)


def group(*members: str, **changes: Any) -> Group:
    """The town's council."""
    return replace(Group(id="council", name="Council", members=members or ("ada-lindqvist",)), **changes)


def mute(**changes: Any) -> Mute:
    """Nothing of Ada Lindqvist's until the evening."""
    plain = Mute(kind="actor", thing="ada-lindqvist", name="Ada Lindqvist", until=NOON + timedelta(hours=6))
    return replace(plain, **changes)


def mark(**changes: Any) -> Mark:
    """Somebody else has spoken."""
    plain = Mark(label="wrong-speaker", alert=alert(), time=NOON, note="Bo Ek")
    return replace(plain, **changes)


def triage(**changes: Any) -> Triage:
    """Bo has taken an alert, and puts it off until the evening."""
    return replace(Triage(alert="a1", owner="Bo", note="rang her office", until=NOON + timedelta(hours=6)), **changes)


def user(name: str = "Ada Ek", **changes: Any) -> User:
    """An editor, whose password nobody knows."""
    return replace(User(id=slug(name), name=name, role="editor", password="$argon2id$"), **changes)


def session(**changes: Any) -> Session:
    """A browser that has logged in for a day."""
    return replace(Session(id="5e55", until=NOON + timedelta(days=1)), **changes)


def token(**changes: Any) -> ApiToken:
    """A token of Ada Ek, by which a program reads for thirty days."""
    plain = ApiToken(
        id="70ce",
        user="ada-ek",
        name="export",
        role="reader",
        created=NOON,
        until=NOON + timedelta(days=30),
        credentials="c4ed",
    )
    return replace(plain, **changes)


def push_subscription(**changes: Any) -> PushSubscription:
    """A browser of Ada Ek; its keys are the example of RFC 8291, appendix A."""
    plain = PushSubscription(
        id="b0b0",
        user="ada-ek",
        endpoint="https://push.example/send/abc",
        key="BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
        secret="BTBZMqHH6r4Tts7J_aSIgg",
        browser="Firefox on Linux",
        created=NOON,
    )
    return replace(plain, **changes)


def change(**changes: Any) -> Change:
    """Somebody has renamed Ada Lindqvist."""
    fields = (ChangedField("name", '"Ada Lindqvist"', '"Ada Ek"'),)
    plain = Change(
        at=NOON, who="bo, on the command line", noun="actor", record="ada-lindqvist", action="changed", fields=fields
    )
    return replace(plain, **changes)


def feed(url: str = "https://courier.example/feed", **changes: Any) -> Feed:
    """A feed as the user subscribed to it."""
    return replace(Feed(url=url, source="courier.example"), **changes)


def feed_state(url: str = "https://courier.example/feed", **changes: Any) -> FeedState:
    """The state of a feed that was never polled."""
    return replace(FeedState(url=url), **changes)


def calls(work: Callable[[], object]) -> int:
    """Return how many functions the work calls, without the finalisers of what the garbage collector deletes then."""
    count = 0

    def counted(frame: object, event: str, argument: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    gc.disable()
    sys.setprofile(counted)
    try:
        work()
    finally:
        sys.setprofile(None)
        gc.enable()
    return count


def growth(work: Callable[[int], object], size: int, times: int = 8) -> float:
    """Return how many times as much CPU time the work takes at `times` the size.

    This is the least of three measurements, as a busy machine disturbs some. It is `times` for linear work and its
    square for quadratic work; at half of that square, the work is certainly not linear.
    """

    def seconds(size: int) -> float:
        start = time.process_time()
        work(size)
        return time.process_time() - start

    seconds(size)  # fills caches
    return min(seconds(times * size) / max(seconds(size), 0.001) for _ in range(3))

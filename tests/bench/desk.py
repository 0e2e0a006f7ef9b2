"""The pages of a desk with many statements: `python -m tests.bench.desk [--articles N] [--quotes N] [--serve]`.

The desk is generated: fifteen outlets in five languages (one written from right to left), thirty speakers, statements
that change earlier ones, denials, copies of an agency's text, alerts and feeds in trouble. The processor time and the
size of each page are printed beside those of `/static/icon.svg`, which shows what a request costs at least.
`--articles 100000 --quotes 10 --repeated 0.9 --file FILE` makes a desk of a million quotes and 100,000 statements.
`--prefix PREFIX --file FILE` puts its index on the Elasticsearch server in TEST_ELASTICSEARCH, under indices of that
prefix, and the rest in the file. `--serve` serves the desk instead, for a look at it.
"""

import argparse
import gc
import random
import tempfile
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache
from itertools import islice
from pathlib import Path

from starlette.testclient import TestClient

from pipeline.model import (
    Actor,
    Article,
    Decision,
    Delivery,
    Document,
    Feed,
    FeedState,
    Group,
    Modality,
    Quote,
    Report,
    Role,
    Watch,
    alert_id,
    quote_id,
)
from pipeline.model.feed import PublishingRate
from pipeline.services import Services, open_services
from pipeline.settings import Settings
from pipeline.settings.sections import Web
from tests import examples
from tests.faults import stream

HOST = "http://127.0.0.1:8414"

_DAYS = 60

_BATCH = 200  # documents

_CHANGED = 0.1  # of the statements change an earlier statement

_OUTLETS = {
    "The Tidewater Chronicle": "en",
    "Harbour & Hill Evening Post": "en",
    "Inland Business Report": "en",
    "Westmark Public Radio": "en",
    "Northern Wire": "en",
    "Der Küstenbote": "de",
    "Allgemeine Deichzeitung": "de",
    "Le Courrier du Littoral": "fr",
    "La Dépêche de la Vallée": "fr",
    "صحيفة المرفأ": "ar",
    "وكالة الساحل للأنباء": "ar",
    "El Faro de la Costa": "es",
    "Rosa-Luxemburg-Straßenzeitungsarbeitsgemeinschaft": "de",
    "Tidewater Council Bulletin of Proceedings, Minutes, Notices and Public Consultations": "en",
    "Mill Lane Gazette": "en",
}

_FIRST = ("Imogen", "Tobias", "Marit", "Rafael", "Ottilie", "Samir", "Greta", "Lucien", "Nadia", "Wendell")

_LAST = ("Brackwater", "Oyelaran", "Castellane", "Wintersteen", "Haddad", "Quill", "Vandermolen", "Śliwińska")

_TRACKED = 24

_SUBJECTS = {
    "en": ("the sea wall", "the ferry line", "the hospital merger", "school meals", "the tram extension", "the budget"),
    "de": ("der Deich", "die Fährlinie", "die Klinikfusion", "das Schulessen", "der Haushalt"),
    "fr": ("la digue", "la ligne de ferry", "la fusion des hôpitaux", "le budget"),
    "es": ("el dique", "la línea de ferry", "la fusión de hospitales", "el presupuesto"),
    "ar": ("السد البحري", "خط العبّارات", "دمج المستشفيات", "الميزانية"),
}

_WORDS = {
    "en": "{subject} will cost {number} million crowns and open in {month}",
    "de": "{subject} wird {number} Millionen Kronen kosten und im {month} fertig",
    "fr": "{subject} coûtera {number} millions de couronnes et ouvrira en {month}",
    "es": "{subject} costará {number} millones de coronas y abrirá en {month}",
    "ar": "{subject} سيكلف {number} مليون كرونة وسيُفتح في {month}",
}

_MONTHS = {
    "en": ("March", "June", "October"),
    "de": ("März", "Juni", "Oktober"),
    "fr": ("mars", "juin", "octobre"),
    "es": ("marzo", "junio", "octubre"),
    "ar": ("آذار", "حزيران", "تشرين الأول"),
}

_CUES = {"en": "said", "de": "sagte", "fr": "a déclaré", "es": "dijo", "ar": "قال"}

_DENIALS = {"en": "denied", "de": "bestritt", "fr": "a démenti", "es": "negó", "ar": "نفى"}

_HEADLINES = {
    "en": "Council argues over {subject}: {number} million at stake before the vote",
    "de": "Streit um Millionen: {subject} vor der Abstimmung mit {number} Millionen",
    "fr": "Le conseil débat: {subject} et {number} millions avant le vote",
    "es": "El consejo debate: {subject} y {number} millones antes del voto",
    "ar": "المجلس يناقش {subject} و{number} مليون قبل التصويت",
}

_MODALITIES: tuple[Modality, ...] = ("asserted",) * 17 + ("denied", "denied", "denied")


@dataclass(frozen=True, slots=True)
class Size:
    """The number of articles, of quotes in each, and the share of quotes that repeat a statement."""

    articles: int = 3_000
    quotes: int = 3
    repeated: float = 0.25


@cache
def people() -> list[Actor]:
    """The speakers; the first of them are tracked."""
    names = [f"{first} {last}" for last in _LAST for first in _FIRST][:30]
    roles = ("Mayor", "finance councillor", "harbour master", "chair of the opposition", "union leader", "")
    return [
        Actor(
            id=name.lower().replace(" ", "-").replace("ś", "s").replace("ń", "n"),
            name=name,
            aliases=(name.split()[-1],) if number < 8 else (),
            roles=(Role(roles[number % 6]),) if roles[number % 6] else (),
        )
        for number, name in enumerate(names)
    ]


def fill(services: Services, size: Size, now: datetime) -> None:
    """Put feeds, actors, watches, articles with their decisions, and alerts on the desk."""
    _set_up(services, now)
    written = _written(size, now)
    while batch := list(islice(written, _BATCH)):
        services.index.add([document for document, _ in batch])
        services.index.add([decision for _, decisions in batch for decision in decisions])
        alerted = [delivery for entry in batch for delivery in _alerts(*entry, now)]
        services.outbox.put(alerted)


def _set_up(services: Services, now: datetime) -> None:
    tracked = people()[:_TRACKED]
    services.desk.save(*tracked)
    services.desk.save(Group(id="council", name="Town council", members=tuple(actor.id for actor in tracked[:5])))
    watches = (
        Watch(id="council", name="Town council", created=now - timedelta(days=9), by=("council",), tempo="grouped"),
        Watch(id="sea-wall", name="Sea wall", created=now - timedelta(days=9), query="wall OR Deich OR digue"),
        Watch(id="about-quill", name="About the mayor", created=now, about=(tracked[0].id,), quiet="22:00-07:00"),
    )
    services.desk.save(*watches)
    for number, (outlet, language) in enumerate(_OUTLETS.items()):
        url = f"https://outlet{number}.example/feeds/{'a-long-path-of-its-own/' * (number % 4)}news.xml"
        services.desk.save(Feed(url=url, source=outlet, language=language))
        services.desk.save(_state(url, number, now))


def _state(url: str, number: int, now: datetime) -> FeedState:
    moments = tuple(max(0.0, 4 - abs(hour - 9 - number % 6)) for hour in range(24))
    rhythm = PublishingRate(
        moments=moments, watched=(14.0,) * 24, lately=12.0, usually=140.0, gap=9.0, news=now - timedelta(minutes=7)
    )
    healthy = FeedState(
        url=url, polled=True, status=200, last_success=now, next_check=now + timedelta(minutes=9), rhythm=rhythm
    )
    if number == 3:
        error = f"GET {url}: 503 Service Unavailable"
        return replace(healthy, failures=7, warning="failing", status=503, last_error=error)
    if number == 7:
        quiet = replace(rhythm, news=now - timedelta(days=4), until=now)
        return replace(healthy, warning="silent", rhythm=quiet)
    return replace(healthy, gone=True, status=410, last_error=f"GET {url}: 410 Gone") if number == 11 else healthy


def _written(size: Size, now: datetime) -> Iterator[tuple[Document, list[Decision]]]:
    """Articles, the oldest first, more of them each day, each with the decisions about its quotes."""
    chance = random.Random(17)
    known: dict[str, deque[Decision]] = {}
    ages = sorted((_DAYS * chance.random() ** 1.7 for _ in range(size.articles)), reverse=True)
    for number, age in enumerate(ages):
        document = _story(number, now - timedelta(days=age), now, chance, size.quotes)
        reference = examples.reference(document.article)
        reports = [Report(quote, reference) for quote in document.quotes]
        yield document, [_decided(report, known, chance, size.repeated) for report in reports]


def _story(number: int, published: datetime, now: datetime, chance: random.Random, quotes: int) -> Document:
    outlet, language = chance.choice(list(_OUTLETS.items()))
    everybody = people()
    speakers = [everybody[min(int(chance.paretovariate(0.6)) - 1, len(everybody) - 1)] for _ in range(quotes)]
    filled = [
        {
            "subject": chance.choice(_SUBJECTS[language]),
            "number": chance.randrange(2, 400),
            "month": chance.choice(_MONTHS[language]),
        }
        for _ in speakers
    ]
    sentences = [_WORDS[language].format(**words) for words in filled]
    manners = [chance.choice(_MODALITIES) for _ in speakers]
    text = "\n\n".join(
        f"“{words[:1].upper()}{words[1:]}”, {_cue(language, manner)} {actor.name}."
        for words, actor, manner in zip(sentences, speakers, manners, strict=True)
    )
    article = examples.article(
        f"https://{number}.example/news",
        text=text,
        title=_HEADLINES[language].format(**filled[0]) if number % 97 else "",
        source=outlet,
        language=language,
        first_seen=min(now, published + timedelta(minutes=4)),
        fetched=min(now, published + timedelta(minutes=4)),
        published=published,
        agency="Northern Wire" if number % 11 == 0 else "",
        backfill=number % 50 == 0,
    )
    marked = _quotes(article, sentences, list(zip(speakers, manners, strict=True)), chance)
    return Document(article=article, origin=f"articles/0/{number}", quotes=tuple(marked))


def _cue(language: str, manner: Modality) -> str:
    return _DENIALS[language] if manner == "denied" else _CUES[language]


def _quotes(
    article: Article, sentences: list[str], speakers: list[tuple[Actor, Modality]], chance: random.Random
) -> list[Quote]:
    quotes, at = [], 0
    for words, (actor, manner) in zip(sentences, speakers, strict=True):
        part = f"{words[:1].upper()}{words[1:]}"
        start = article.text.index(part, at)
        at = start + len(part)
        cue = examples.span(article.text[at:], _cue(article.language, manner))
        quotes.append(
            Quote(
                id=quote_id(article.id, actor.id, start, at, part),
                start=start,
                end=at,
                text=part,
                kind=chance.choice(("direct", "direct", "indirect", "mixed")),
                fragments=((start, at),),
                cue=replace(cue, start=cue.start + at, end=cue.end + at),
                speaker_name=actor.name,
                speaker_id=actor.id,
                about=(chance.choice(people()[:_TRACKED]).id,) if chance.random() < 0.3 else (),
                modality=manner,
                confidence=round(chance.uniform(0.6, 0.99), 2),
            )
        )
    return quotes


def _decided(report: Report, known: dict[str, deque[Decision]], chance: random.Random, repeated: float) -> Decision:
    """New in the most cases; else a repeat of one of the speaker's last statements, or a change of the last."""
    before = known.setdefault(report.quote.speaker_id, deque(maxlen=6))
    drawn = chance.random()
    if before and drawn < repeated:
        language = report.article.language
        last = next((each for each in before if each.report.article.language == language), before[-1])
        return replace(
            last, report=report, verdict="repeated", how="in the same words", offset=last.offset + 1, sources=2
        )
    statement = examples.statement(report)
    if before and chance.random() < _CHANGED:
        changed = replace(statement, changed_from=before[-1].statement.id)
        decision = Decision(report, changed, "changed", "another number")
    else:
        decision = Decision(report, statement, "new", "nothing like it is known")
    before.append(decision)
    return decision


def _alerts(document: Document, decisions: list[Decision], now: datetime) -> Iterator[Delivery]:
    """An alert for each statement of the last two days."""
    if now - document.article.first_seen > timedelta(days=2):
        return
    for decision in decisions:
        if decision.verdict == "repeated":
            continue
        alert = replace(
            examples.alert(decision.statement),
            id=alert_id("council", decision.statement.id),
            watch_id="council",
            watch_name="Town council",
            why="said by Town council",
            created=document.article.first_seen,
        )
        yield examples.delivery(alert, state="done", attempts=1)


PAGES = {
    "today": "/",
    "record": "/record",
    "search": "/record?q=ferry",
    "facets and dates": "/record?q=cost&speaker=imogen-brackwater&not-lang=de&after=30d",
    "articles": "/record?in=articles&q=council",
    "people": "/people",
    "person": "/people/imogen-brackwater",
    "person not tracked": f"/people/{people()[-1].id}",
    "group": "/groups/council",
    "inbox": "/alerts",
    "watches": "/watches",
    "sources": "/feeds",
    "compare": "/compare?q=ferry&other=speaker:imogen-brackwater",
    "network": "/network",
    "first reports": "/quoted",
    "system": "/system",
    "help": "/help",
}
"""The pages of the desk by name."""


def all_pages(services: Services, client: TestClient) -> dict[str, str]:
    """All pages, with one source, the newest article and the statement of the most reports among them."""
    hits = client.get("/api/v1/search", params={"collection": "statements", "limit": 200}).json()["hits"]
    most = max(hits, key=lambda hit: (hit["reports"], bool(hit["changed_from"])))
    feed = services.desk.all(Feed)[3]
    return {
        **PAGES,
        "source": f"/source?feed={feed.url}",
        "article": f"/articles/{hits[0]['article_id']}",
        "statement": f"/statements/{most['id']}",
    }


@dataclass(frozen=True, slots=True)
class Cost:
    """The cost of a page: the processor time of this process and the time that passes, in ms each, and bytes.

    Both times are the median and the 95th percentile. `server` is the mean of the processor time of Elasticsearch, 0 if
    `deploy/services/services.py` did not start it.
    """

    cpu: tuple[float, float]
    passed: tuple[float, float]
    server: float
    size: int


def measure(client: TestClient, address: str, times: int) -> Cost:
    """The cost of a page after a first request, whose answer fills the caches."""
    size = len(client.get(address).raise_for_status().content)
    cpu, passed = [], []
    server = _server_seconds()
    for _ in range(times):
        start = time.perf_counter()
        start_cpu = time.process_time()
        client.get(address)
        cpu.append((time.process_time() - start_cpu) * 1000)
        passed.append((time.perf_counter() - start) * 1000)
    server = (_server_seconds() - server) * 1000 / times
    return Cost(_percentiles(cpu), _percentiles(passed), server, size)


def _server_seconds() -> float:
    with suppress(FileNotFoundError):
        return stream.cpu_seconds(stream.server_pid("elasticsearch"))
    return 0.0


def _percentiles(taken: list[float]) -> tuple[float, float]:
    """The median and the 95th percentile."""
    taken = sorted(taken)
    return taken[len(taken) // 2], taken[len(taken) * 95 // 100]


def _on_elasticsearch(services: Services, prefix: str) -> Services:
    """The services with the index on the server of the environment."""
    from connectors.elasticsearch.index import ElasticsearchIndex
    from pipeline.search.stories import subjects
    from tests import servers

    settings = servers.elasticsearch().model_copy(update={"prefix": prefix})
    index = ElasticsearchIndex(settings, services.clock)
    return replace(services, index=index, subjects=subjects(index.documents))


def main() -> None:
    from pipeline.web.serve import create, serve

    parser = argparse.ArgumentParser(description=__doc__)
    usual = Size()
    parser.add_argument("--articles", type=int, default=usual.articles)
    parser.add_argument("--quotes", type=int, default=usual.quotes, help="of each article")
    parser.add_argument("--repeated", type=float, default=usual.repeated, help="share of quotes that are no news")
    parser.add_argument("--times", type=int, default=20)
    parser.add_argument("--only", default="", help="a page by its name in the table")
    parser.add_argument("--serve", action="store_true")
    parser.add_argument("--port", type=int, default=8414)
    parser.add_argument("--file", type=Path, help="a file to keep the desk in; one that is there is used as it is")
    parser.add_argument("--prefix", default="", help="of indices on the Elasticsearch server in TEST_ELASTICSEARCH")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = chosen.file or Path(folder) / "desk.sqlite"
        is_new = not path.exists()
        services = open_services(Settings(file=path, web=Web(port=chosen.port)))
        if chosen.prefix:
            services = _on_elasticsearch(services, chosen.prefix)
        if is_new:
            fill(services, Size(chosen.articles, chosen.quotes, chosen.repeated), services.clock())
        if chosen.serve:
            serve(services, threading.Event(), lambda address: print(address, flush=True))
        client = TestClient(create(services), base_url=HOST, headers={"accept": "text/html"})
        gc.collect()
        gc.freeze()  # as `serve` does
        for name, address in {"nothing": "/static/icon.svg", **all_pages(services, client)}.items():
            if chosen.only in ("", name):
                cost = measure(client, address, chosen.times)
                print(
                    f"{name:20} CPU p50 {cost.cpu[0]:6.1f}, p95 {cost.cpu[1]:6.1f}, of the server {cost.server:6.1f} ms"
                    f"   time p50 {cost.passed[0]:6.1f}, p95 {cost.passed[1]:6.1f} ms   {cost.size / 1000:6.1f} kB",
                    flush=True,
                )
        services.close()


if __name__ == "__main__":
    main()

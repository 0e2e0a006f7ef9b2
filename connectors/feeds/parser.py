"""Parsing of hostile input in processes that are limited in time and memory, killed where they go over, and reused."""

import threading
from collections.abc import Iterable
from functools import cache
from typing import TYPE_CHECKING, Any, Literal, Self

import orjson
from pydantic import TypeAdapter

from connectors.feeds.worker import CPU_SECONDS
from connectors.processes import EndedError, Pool, Work
from pipeline.errors import InputError
from pipeline.model.feed import FeedItem, ParsedFeed, ParsedSitemap
from pipeline.ports import RobotsRules
from pipeline.settings.sections import Poll

if TYPE_CHECKING:
    from connectors.files.lists import People

ImportKind = Literal["message", "subtitles", "debate", "pdf"]


class Parser:
    """Parses in other processes; safe to share between threads, of which as many wait as there are no processes for.

    Each call takes at most `parse_seconds` and `parse_megabytes` of the settings: InputError where it needs more, where
    the process dies of it, and where the input is wrong. WorldError where no process can be started. As a context
    manager, it ends its processes on leaving.
    """

    def __init__(self, limits: Poll, processes: int = 2) -> None:
        self.processes = processes
        work = Work(f"{__package__}.worker", limits.parse_seconds, CPU_SECONDS, limits.parse_megabytes, "parse")
        self._pool = Pool(work, processes)
        self._last = threading.local()

    def feed(self, body: bytes, content_type: str, url: str, known: Iterable[str] = ()) -> ParsedFeed:
        """The items in the body of the feed at `url`; an item whose `raw` digest is `known` comes without its text."""
        answer = self._run("feed", body, content_type, url, known)
        contents: ParsedFeed = _adapter(ParsedFeed).validate_python(answer)
        return contents

    def page(self, body: bytes, content_type: str, url: str) -> FeedItem:
        """The article on the web page at `url`, with what the page says of it."""
        entry: FeedItem = _adapter(FeedItem).validate_python(self._run("page", body, content_type, url))
        return entry

    def robots(self, body: bytes, url: str) -> RobotsRules:
        """What the robots.txt says of fetching the page at `url`."""
        rules: RobotsRules = _adapter(RobotsRules).validate_python(self._run("robots", body, "", url))
        return rules

    def listing(self, body: bytes, content_type: str, url: str) -> ParsedSitemap:
        """What the sitemap at `url` lists."""
        listing: ParsedSitemap = _adapter(ParsedSitemap).validate_python(self._run("listing", body, content_type, url))
        return listing

    def document(self, body: bytes, content_type: str, url: str) -> FeedItem:
        """The article on the web page at `url`, with its title, date and authors."""
        entry: FeedItem = _adapter(FeedItem).validate_python(self._run("document", body, content_type, url))
        return entry

    def imported(self, kind: ImportKind, body: bytes, name: str) -> FeedItem:
        """The article in the file called `name`, which is of this kind."""
        entry: FeedItem = _adapter(FeedItem).validate_python(self._run(kind, body, "", name))
        return entry

    def opml(self, body: bytes, url: str) -> list[tuple[str, str, tuple[str, ...]]]:
        """The address, title and tags of each feed that the OPML from `url` lists."""
        outlines = self._run("opml", body, "", url)
        return [(str(address), str(title), tuple(map(str, tags))) for address, title, tags in outlines]

    def people(self, text: str, name: str) -> "People":
        """The people that the text called `name` lists, as CSV, Popolo or Wikidata's JSON."""
        from connectors.files.lists import People  # which reads OPML by this class

        body = text.encode("utf-8", "surrogatepass")
        listed: People = _adapter(People).validate_python(self._run("people", body, "", name))
        return listed

    def cost(self) -> float:
        """As in `Parser` of the ports."""
        seconds: float = getattr(self._last, "cost", 0.0)
        self._last.cost = 0.0
        return seconds

    def pids(self) -> list[int]:
        """The processes that wait for work, for measuring them."""
        return self._pool.pids()

    def links(self, body: bytes, content_type: str, url: str) -> list[tuple[str, str]]:
        """The address and title of each feed that the web page at `url` names."""
        return [(str(address), str(title)) for address, title in self._run("links", body, content_type, url)]

    def records(self, body: bytes, name: str) -> Any:
        """What the JSON text called `name` says of articles."""
        return self._run("records", body, "", name)

    def close(self) -> None:
        """End the processes; a later call starts new ones."""
        self._pool.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _run(self, task: str, body: bytes, content_type: str, url: str, known: Iterable[str] = ()) -> Any:
        request = orjson.dumps({"task": task, "content_type": content_type, "url": url, "known": list(known)})
        try:
            answer = orjson.loads(self._pool.ask(request, body))
        except EndedError as error:
            self._last.cost = CPU_SECONDS
            raise InputError(f"{url} {error}", step="parse") from error
        self._last.cost = answer["cpu"]
        if "error" in answer:
            raise InputError(answer["error"], step="parse")
        return answer["value"]


@cache
def _adapter(noun: type) -> TypeAdapter[Any]:
    return TypeAdapter(noun)

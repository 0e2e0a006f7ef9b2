"""Parsing of hostile input in other processes, with limits of time and memory.

A process that exceeds a limit is killed; otherwise it is used again.
"""

import threading
from collections.abc import Iterable
from functools import cache
from typing import Any, Literal, Self

import orjson
from pydantic import TypeAdapter

from connectors.processes import PARSE_CPU_SECONDS, EndedError, Pool, Work
from pipeline.errors import InputError
from pipeline.model.desk import People
from pipeline.model.feed import FeedItem, LinkRule, ParsedFeed, ParsedSitemap, RobotsRules
from pipeline.settings.sections import Poll

ImportKind = Literal["message", "subtitles", "debate", "pdf", "office"]


class Parser:
    """Parses in other processes; safe to share between threads. If all processes are busy, a thread waits.

    Each call takes at most `parse_seconds` and `parse_megabytes` of the settings. InputError if it needs more, if the
    process ends, or if the input is malformed; WorldError if no process can be started. As a context manager, the
    parser ends its processes after the block.
    """

    def __init__(self, limits: Poll, processes: int = 2) -> None:
        self.processes = processes
        work = Work(f"{__package__}.worker", limits.parse_seconds, PARSE_CPU_SECONDS, limits.parse_megabytes, "parse")
        self._pool = Pool(work, processes)
        self._last = threading.local()

    def feed(self, body: bytes, content_type: str, url: str, known: Iterable[str] = ()) -> ParsedFeed:
        """The items in the body of the feed at `url`; an item whose `raw` digest is `known` comes without its text."""
        answer = self._run("feed", body, content_type, url, known)
        contents: ParsedFeed = _adapter(ParsedFeed).validate_python(answer)
        return contents

    def page(self, body: bytes, content_type: str, url: str) -> FeedItem:
        """The article on the web page at `url`, with the metadata of the page."""
        entry: FeedItem = _adapter(FeedItem).validate_python(self._run("page", body, content_type, url))
        return entry

    def section(self, body: bytes, content_type: str, url: str, selector: str) -> ParsedFeed:
        """The links at the CSS selector on the page at `url`, as items without text."""
        answer = self._run("section", body, content_type, url, selector=selector)
        contents: ParsedFeed = _adapter(ParsedFeed).validate_python(answer)
        return contents

    def link_rules(self, body: bytes, content_type: str, url: str) -> list[LinkRule]:
        """Proposed selectors for the links to articles on the page at `url`, the likeliest first."""
        answer = self._run("link_rules", body, content_type, url)
        return [_adapter(LinkRule).validate_python(rule) for rule in answer]

    def transcript(self, body: bytes, url: str) -> FeedItem:
        """The words of the transcript at `url` (WebVTT, SubRip or JSON), a paragraph for each turn."""
        return self.imported("subtitles", body, url)

    def robots(self, body: bytes, url: str) -> RobotsRules:
        """The rules of the robots.txt for the page at `url`."""
        rules: RobotsRules = _adapter(RobotsRules).validate_python(self._run("robots", body, "", url))
        return rules

    def listing(self, body: bytes, content_type: str, url: str) -> ParsedSitemap:
        """The pages and sitemaps that the sitemap at `url` lists."""
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

    def people(self, text: str, name: str) -> People:
        """The people that the text called `name` lists, as CSV, Popolo or Wikidata's JSON."""
        body = text.encode("utf-8", "surrogatepass")
        listed: People = _adapter(People).validate_python(self._run("people", body, "", name))
        return listed

    def cost(self) -> float:
        """See `Parser` of the ports."""
        seconds: float = getattr(self._last, "cost", 0.0)
        self._last.cost = 0.0
        return seconds

    def pids(self) -> list[int]:
        """The processes that wait for work, for measurements."""
        return self._pool.pids()

    def links(self, body: bytes, content_type: str, url: str) -> list[tuple[str, str]]:
        """The address and title of each feed that the web page at `url` names."""
        return [(str(address), str(title)) for address, title in self._run("links", body, content_type, url)]

    def records(self, body: bytes, name: str) -> Any:
        """The fields of articles in the JSON text called `name`."""
        return self._run("records", body, "", name)

    def close(self) -> None:
        """End the processes; a later call starts new ones."""
        self._pool.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _run(
        self, task: str, body: bytes, content_type: str, url: str, known: Iterable[str] = (), *, selector: str = ""
    ) -> Any:
        url = url.encode("utf-8", "replace").decode()  # the name of a file need not be UTF-8
        details = {"content_type": content_type, "url": url, "known": list(known), "selector": selector}
        request = orjson.dumps({"task": task, **details})
        try:
            answer = orjson.loads(self._pool.ask(request, body))
        except EndedError as error:
            self._last.cost = PARSE_CPU_SECONDS
            raise InputError(f"{url} {error}", step="parse") from error
        self._last.cost = answer["cpu"]
        if "error" in answer:
            raise InputError(answer["error"], step="parse")
        return answer["value"]


@cache
def _adapter(noun: type) -> TypeAdapter[Any]:
    return TypeAdapter(noun)

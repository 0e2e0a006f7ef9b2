"""The speakers of an article by name, surname, pronoun and role, in the order of reading."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence

from pipeline.extract.templates.patterns import Templates
from pipeline.extract.templates.reports import Report
from pipeline.model import Mention, slug

_BEFORE = 40  # characters before a surname in which its given name stands

_BESIDE = 2  # characters between a name and its role

_SURNAME = 3  # letters of the shortest surname that is looked up in the text

_GIVEN = 2  # letters of the shortest given name that stands for a name written without spaces

_KEPT = 4  # letters of the longest surname that may stand for a name written without spaces


class People:
    """The names of an article's speakers, in the order of reading."""

    def __init__(self, text: str, rules: Templates, tracked: Sequence[Mention]) -> None:
        self._text = text
        self._rules = rules
        self._tracked = tracked
        self._full: dict[str, str] = {}  # by each short form of a name, and by the name
        self._holders: dict[str, list[tuple[str, int]]] = {}  # by each role that was looked up
        self._first: dict[str, int] = {}  # where each surname that was looked up stands first
        mentions = list(rules.full.finditer(text)) if rules.full else []
        self._spans = [mention.span("name") for mention in mentions]
        self._wholes = [mention.span() for mention in mentions]  # with the titles beside the names
        self._headline = text.find("\n")
        self._places = [start for start, _ in self._spans]
        self._mentioned = [mention["name"] for mention in mentions]
        for name in self._mentioned:
            self._learn(name)
        self._last: tuple[str, tuple[int, int] | None] = "", None
        self._said = 0  # the end of the last report, in which a name is no speaker's

    def said(self, report: Report) -> None:
        """Register the end of a report: whom its content names does not speak next."""
        self._said = report.fragments[-1][1]

    def resolve(self, span: tuple[int, int] | None, at: int) -> tuple[str, str, tuple[int, int] | None, str]:
        """The id and the name of who the phrase means, the phrase itself, and the rule by which it was read.

        Without a phrase, the report at `at` has the speaker of the report before, or who was named since.
        """
        if span is None:
            name, span = self._nearest(at)
            self._last = name, span
            return slug(name), name, span, "dropped"
        phrase = self._text[span[0] : span[1]]
        actor = next((m for m in self._tracked if span[0] <= m.start and m.end <= span[1]), None)
        role = self._rules.roles is not None and self._rules.roles.fullmatch(phrase) is not None
        if phrase in self._rules.pronouns or (actor is None and role):
            name = (self._bearer(phrase, span[0]) if role else "") or self._nearest(span[0])[0]
            self._last = name, span
            return slug(name), name, span, "role" if role else "pronoun"
        name, rule = (actor.name, "name") if actor else self._named(phrase, span[0])
        if not name and span[0] < self._headline and (name := self._holder(phrase, span[0])):
            rule = "role"
        self._last = name, span
        return (actor.actor if actor else slug(name)), name, span, rule

    def aside(self, span: tuple[int, int] | None, at: int) -> tuple[str, str, tuple[int, int] | None, str]:
        """The same within somebody's speech, in which a pronoun or a role means nobody: only the speaker knows whom."""
        last = self._last
        actor, name, phrase, rule = self.resolve(span, at)
        self._last = last
        return (actor, name, phrase, rule) if rule in ("name", "surname") else ("", "", phrase, "unnamed")

    def _nearest(self, at: int) -> tuple[str, tuple[int, int] | None]:
        """Return the last speaker, or the only person with a full name since; for a nameless speaker, the last name."""
        name, span = self._last
        since = bisect_left(self._places, max(span[1] if span else 0, self._said))
        before = bisect_left(self._places, at)
        if since >= before:
            return name, span
        latest = self._full[self._mentioned[before - 1]]
        others = (each for each in reversed(self._mentioned[since:before]) if self._full[each] != latest)
        several = next(others, None) is not None
        return (name, span) if several and name else (latest, self._wholes[before - 1])

    def _holder(self, role: str, at: int) -> str:
        """The only person named beside the role before `at`, or the first one after a headline; empty for none."""
        if role not in self._holders:
            self._holders[role] = self._named_beside(role)
        headline = at < self._headline
        before = [name for name, start in self._holders[role] if start < at or headline][: 1 if headline else None]
        return before[0] if len(before) == 1 else ""

    def _bearer(self, phrase: str, at: int) -> str:
        """The only person named beside the phrase, or beside the role that ends it."""
        return self._holder(phrase, at) or self._holder(phrase.rpartition(" ")[2], at)

    def _named_beside(self, role: str) -> list[tuple[str, int]]:
        """The first two people whom the text names beside the role, with their places."""
        places: dict[str, int] = {}
        reach, role = len(role) + _BESIDE, role.lower()
        for (start, end), name in zip(self._spans, self._mentioned, strict=True):
            if role in f"{self._text[max(0, start - reach) : start]}\n{self._text[end : end + reach]}".lower():
                places.setdefault(self._full[name], start)
        return list(places.items())[:2]

    def named_in(self, fragments: Sequence[tuple[int, int]]) -> tuple[str, ...]:
        """The tracked actors that the content names, in order."""
        within = (m.actor for m in self._tracked if any(a <= m.start < b for a, b in fragments))
        return tuple(dict.fromkeys(within))

    def _learn(self, name: str) -> None:
        """Register a full name under its short forms; the first name registered keeps a form that several have."""
        self._full.setdefault(name, name)
        for short in _short_forms(name):
            if self._full.get(short, short) == short:
                self._full[short] = name

    def _named(self, phrase: str, start: int) -> tuple[str, str]:
        """The full name that the phrase means, and whether it says the name, a surname, or nothing of it."""
        for pattern in self._rules.names:
            named = pattern.search(phrase)
            if named is not None:
                self._learn(named["name"])
                full = self._full[named["name"]]
                return full, "name" if full == named["name"] else "surname"
        short = self._rules.short.search(phrase) if self._rules.short else None
        word = short["name"] if short else phrase
        full = self._full.get(word, "") or self._ending(phrase) or self._inside(start, start + len(phrase))
        full = full or (self._introduced(word, start) if word == phrase else "")
        if full:
            self._learn(full)
        return full, "surname" if full else "unnamed"

    def _ending(self, phrase: str) -> str:
        """The full name that ends the phrase; empty if none does."""
        ends = (phrase[at:] for at in range(len(phrase) - _SURNAME + 1))
        return next((end for end in ends if self._full.get(end) == end), "")

    def _inside(self, start: int, end: int) -> str:
        """The only full name within the phrase, beside words of the narration; empty if there is none."""
        names = {self._full[self._mentioned[i]] for i, (a, b) in enumerate(self._spans) if start <= a and b <= end}
        return names.pop() if len(names) == 1 else ""

    def _introduced(self, surname: str, start: int) -> str:
        """The full name by which the text mentions a surname first, before `start`; empty if there is none."""
        if surname not in self._first:
            self._first[surname] = self._text.find(surname, 0, start)
        at, pattern = self._first[surname], self._rules.forename
        if pattern is None or at <= 0 or len(surname) < _SURNAME:
            return ""
        forename = pattern.search(self._text, max(0, at - _BEFORE), at)
        return f"{forename['name']} {surname}" if forename else ""


def _short_forms(name: str) -> Iterator[str]:
    """The surname and the given name, first and last; of a name without spaces, each beginning and end of it."""
    if " " in name:
        first, *_, last = name.split()
        yield from (last, first)
        return
    for length in range(1, min(len(name), _KEPT + 1)):
        yield name[:length]
    for length in range(_GIVEN, len(name)):
        yield name[-length:]

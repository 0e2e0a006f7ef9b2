"""Tracked actors found by their aliases, all of them in one pass over the text."""

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence, Set

from ahocorasick_rs import AhoCorasick, MatchKind

from pipeline.extract.lexicon import Word
from pipeline.extract.names.entities import Entity, Name
from pipeline.extract.speakers.resolve import Speakers
from pipeline.extract.text.phrases import Range
from pipeline.extract.text.tokens import Tokens, unspaced
from pipeline.model import Actor, Mention

_SURROGATE = re.compile("[\ud800-\udfff]")

_MONTHS = frozenset(("march", "april", "may", "june", "august"))  # those that people are called, too

# "in May", "3 May", "late May" before it; "May 3" after it.
_DATING = re.compile(
    r"(?:\b(?:in|until|till|since|during|early|late|mid|last|next|this|of|from|to)[ -]|\d )\Z", re.IGNORECASE
)

_DAY = re.compile(r" ?\d")


class Aliases:
    """The names and aliases of the tracked actors, ready for searching; one that two of them share names nobody."""

    def __init__(self, actors: Sequence[Actor]) -> None:
        owners: dict[str, set[str]] = {}
        for actor in actors:
            for alias in (actor.name, *actor.aliases):
                if alias.strip():
                    owners.setdefault(alias.strip(), set()).add(actor.id)
        self._actors = {actor.id: actor for actor in actors}
        self._owner = [next(iter(ids)) if len(ids) == 1 else "" for ids in owners.values()]
        self._automaton = AhoCorasick(list(owners), matchkind=MatchKind.LeftmostLongest) if owners else None

    def mentions(self, tokens: Tokens, names: Sequence[Name]) -> tuple[Mention, ...]:
        """Every mention of the article in order; the entities that are tracked actors learn their id."""
        hits = list(self._hits(tokens.text))
        apart = self._join(tokens, names, hits)
        found = [_mention(tokens, name) for name in names]
        return tuple(sorted(found + apart, key=lambda m: (m.start, m.end)) if apart else found)

    def _hits(self, text: str) -> Iterator[tuple[int, int, Actor]]:
        """Where an alias stands as a word of its own."""
        if self._automaton is None:
            return
        for index, start, end in self._automaton.find_matches_as_indexes(_SURROGATE.sub("\ufffd", text)):
            if _is_word(text, start, end) and self._owner[index]:
                yield start, end, self._actors[self._owner[index]]

    def _join(self, tokens: Tokens, names: Sequence[Name], hits: Sequence[tuple[int, int, Actor]]) -> list[Mention]:
        """Tell the entities which actors they are; the mentions of actors in words that were read as no name."""
        if not hits:
            return []
        ends = {tokens.ends[name.end - 1]: name for name in names}
        in_full = {actor.id for start, end, actor in hits if tokens.text[start:end] == actor.name}
        inside = sorted((tokens.starts[n.start], tokens.ends[n.end - 1]) for n in names)
        apart = []
        small = _small_words(tokens) if any(actor.id not in in_full for _, _, actor in hits) else frozenset[str]()
        for start, end, actor in hits:
            if _is_a_word(tokens.text, start, end, small, in_full=actor.id in in_full):
                continue
            name = ends.get(end)
            # "Dovic" in "Anna Dovic" may be somebody else: the alias must be the whole name, titles aside, or a
            # person's full name after words that may be titles too ("Ministerpräsidentin Mara Dovic").
            if name is not None and (start <= tokens.starts[name.start] or _is_titled(tokens, name, start, actor)):
                _claim(name.entity, actor)
            elif not _overlaps(inside, start, end):
                apart.append(
                    Mention(
                        start=start,
                        end=end,
                        text=tokens.text[start:end],
                        kind=actor.kind,
                        name=actor.name,
                        actor=actor.id,
                    )
                )
        return apart


def _is_word(text: str, start: int, end: int) -> bool:
    """Whether no letter touches the span, or its script sets no spaces between words."""
    before, after = text[max(0, start - 1) : start], text[end : end + 1]
    return (not before.isalnum() or unspaced(text[start])) and (not after.isalnum() or unspaced(text[end - 1]))


def _small_words(tokens: Tokens) -> frozenset[str]:
    """The words that do not begin with a capital."""
    return frozenset(word for word, capital in zip(tokens.low, tokens.capital, strict=True) if not capital)


def _is_a_word(text: str, start: int, end: int, small: Set[str], *, in_full: bool) -> bool:
    """Whether an alias is but a word: a month, or one that the text has in small letters too.

    Of somebody whom the text names in full, only what is clearly a date is a word.
    """
    alias = text[start:end].lower()
    if not alias.isalpha() or alias == text[start:end]:
        return False
    if alias not in _MONTHS:
        return not in_full and alias in small
    dated = _DATING.search(text, max(0, start - 12), start) or _DAY.match(text, end)
    return not in_full or dated is not None


def _claim(entity: Entity, actor: Actor) -> None:
    """The entity is this actor, unless another has been found in it: then it is neither."""
    if entity.actor not in ("", actor.id):
        entity.actor, entity.disputed = "", True
    elif not entity.disputed:
        entity.actor, entity.kind, entity.name = actor.id, actor.kind, actor.name


def _is_titled(tokens: Tokens, name: Name, start: int, actor: Actor) -> bool:
    """Whether a full name at `start` ends a longer run of capitalised words."""
    first = bisect_left(tokens.starts, start)
    return actor.kind == "person" and name.end - first > 1 and tokens.capital[first - 1]


def _overlaps(inside: Sequence[tuple[int, int]], start: int, end: int) -> bool:
    place = bisect_left(inside, (start, start))
    near = inside[max(0, place - 1) : place + 1]
    return any(a < end and start < b for a, b in near)


def _mention(tokens: Tokens, name: Name) -> Mention:
    return Mention(
        start=tokens.starts[name.start],
        end=tokens.ends[name.end - 1],
        text=tokens.words(name.start, name.end),
        kind=name.entity.kind,
        name=name.entity.name,
        actor=name.entity.actor,
    )


_LONGEST = 4  # words of a role: "the former harbour chief"


def meant(speakers: Speakers, parts: Sequence[Range], speaker: Entity | None) -> Iterator[str]:
    """The actors that the content means by "the mayor" or "the NATO chief", in order."""
    for start, end in parts:
        for at in range(start, end):
            entity = _by_role(speakers, at, end)
            if entity is not None and entity.actor and entity is not speaker:
                yield entity.actor


def _by_role(speakers: Speakers, at: int, end: int) -> Entity | None:
    """The bearer of the role that begins at the token."""
    if not speakers.tokens.classes[at] & Word.ARTICLE:
        return None
    last = next((i for i in range(at + 1, min(at + _LONGEST, end)) if speakers.is_role(i)), None)
    found = speakers.role((at, last + 1)) if last is not None else None
    return found.entity if found else None

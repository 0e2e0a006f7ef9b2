"""Mentions of tracked actors by their aliases, in one pass over the text."""

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence, Set
from dataclasses import replace
from typing import NamedTuple

from ahocorasick_rs import AhoCorasick, MatchKind

from pipeline.extract.lexicon import Language, Word
from pipeline.extract.names.entities import Entity, Name
from pipeline.extract.names.identity import Claim, Profile, bearer, gender_of, is_role, likeness, office_nouns, profile
from pipeline.extract.speakers.resolve import Speakers
from pipeline.extract.text.phrases import Range
from pipeline.extract.text.tokens import COMMA, Tokens, unspaced
from pipeline.model import Actor, Mention, slug
from pipeline.text import words

_SURROGATE = re.compile("[\ud800-\udfff]")

_MONTHS = frozenset(("march", "april", "may", "june", "august"))  # those that people are called, too

# "in May", "3 May", "late May" before it; "May 3" after it.
_DATING = re.compile(
    r"(?:\b(?:in|until|till|since|during|early|late|mid|last|next|this|of|from|to)[ -]|\d )\Z", re.IGNORECASE
)

_DAY = re.compile(r" ?\d")


class _Hit(NamedTuple):
    """An alias in the text: the characters, and the actors who have it."""

    start: int
    end: int
    owners: tuple[Profile, ...]
    role: bool


class Aliases:
    """The names and aliases of the tracked actors, ready for searching."""

    def __init__(self, actors: Sequence[Actor]) -> None:
        owners: dict[str, dict[str, Profile]] = {}
        for actor in actors:
            known = profile(actor)
            for alias in (actor.name, *actor.aliases):
                for spelt in _spellings(alias.strip(), actor):
                    owners.setdefault(spelt, {})[actor.id] = known
            if surname := _surname(known):
                owners.setdefault(surname, {}).setdefault(actor.id, replace(known, needs_office=True))
        self._owners = [tuple(each.values()) for each in owners.values()]
        self._roles = [
            is_role(alias) and all(known.person for known in each.values()) for alias, each in owners.items()
        ]
        self._automaton = AhoCorasick(list(owners), matchkind=MatchKind.LeftmostLongest) if owners else None

    def mentions(
        self, tokens: Tokens, names: Sequence[Name], language: Language, title: str = ""
    ) -> tuple[Mention, ...]:
        """Every mention of the article in order; sets the id of entities that are tracked actors."""
        hits = list(self._hits(tokens.text))
        mentions = [] if hits else [_mention(tokens, name) for name in names]
        if not hits:
            return tuple(mentions)
        apart = _recognise(tokens, names, [hit for hit in hits if not hit.role], language, words(title))
        apart += _by_roles(tokens, names, [hit for hit in hits if hit.role])
        mentions = [*(_mention(tokens, name) for name in names), *apart]
        return tuple(sorted(mentions, key=lambda m: (m.start, m.end)))

    def _hits(self, text: str) -> Iterator[_Hit]:
        """Yield where an alias stands as a word of its own."""
        if self._automaton is None:
            return
        for index, start, end in self._automaton.find_matches_as_indexes(_SURROGATE.sub("\ufffd", text)):
            if _is_word(text, start, end):
                yield _Hit(start, end, self._owners[index], self._roles[index])


def _spellings(alias: str, actor: Actor) -> Iterator[str]:
    """The alias, and with a capital letter where it is a role that may open a sentence."""
    if alias:
        yield alias
    if actor.kind == "person" and is_role(alias) and alias[0].islower():
        yield alias[0].upper() + alias[1:]


def _surname(known: Profile) -> str:
    """The last word of a person's name, where the actor has roles by which a short name is known; empty otherwise."""
    rest = known.actor.name.split()[1:]
    return rest[-1] if rest and known.person and known.roles else ""


def _recognise(
    tokens: Tokens, names: Sequence[Name], hits: Sequence[_Hit], language: Language, title: Sequence[str]
) -> list[Mention]:
    """Set the actors of the entities; return the mentions of actors in words that are no name."""
    claims, apart = _claims(tokens, names, hits)
    spans: dict[int, list[tuple[int, int]]] = {}
    for name in names:
        spans.setdefault(id(name.entity), []).append((name.start, name.end))
    for rivals in claims.values():
        each = [claim._replace(places=spans[id(claim.entity)]) for claim in rivals.values()]
        right = bearer((claim, likeness(claim, tokens, language, title)) for claim in each)
        if right is not None:
            claim, chance = right
            actor, entity = claim.profile.actor, claim.entity
            entity.actor, entity.kind, entity.name, entity.likeness = actor.id, actor.kind, actor.name, chance
            entity.gender = gender_of(claim.profile, language) or entity.gender
            entity.offices = office_nouns(claim.profile, language)
        for claim in each:
            claim.entity.stranger |= right is None and slug(claim.entity.name) == claim.profile.actor.id
    present = {name.entity.actor for name in names}
    return [mention for hit in apart if (mention := _apart(tokens, hit, present)) is not None]


def _claims(
    tokens: Tokens, names: Sequence[Name], hits: Sequence[_Hit]
) -> tuple[dict[int, dict[str, Claim]], list[_Hit]]:
    """The actors that each entity may be, by the entity's id; and the aliases in words that are no name."""
    ends = {tokens.ends[name.end - 1]: name for name in names}
    offices = {(tokens.starts[name.start], name.entity.name): name for name in names}  # "Embassy of Kenya"
    in_full = {
        known.actor.id for hit in hits for known in hit.owners if tokens.text[hit.start : hit.end] == known.actor.name
    }
    inside = sorted((tokens.starts[n.start], tokens.ends[n.end - 1]) for n in names)
    small = _small_words(tokens)
    claims: dict[int, dict[str, Claim]] = {}
    apart = []
    for hit in hits:
        whole = any(known.actor.id in in_full for known in hit.owners)
        if _is_a_word(tokens.text, hit.start, hit.end, small, in_full=whole):
            continue
        name = offices.get((hit.start, tokens.text[hit.start : hit.end])) or ends.get(hit.end)
        # "Dovic" in "Anna Dovic" may be somebody else: the alias must be the whole name, titles aside, or a
        # person's full name after words that may be titles too ("Ministerpräsidentin Mara Dovic").
        if name is not None and _is_whole(tokens, name, hit):
            rivals = claims.setdefault(id(name.entity), {})
            for known in hit.owners:
                if not known.needs_office or known.actor.id not in rivals:
                    rivals[known.actor.id] = Claim(name.entity, known)
        elif not _overlaps(inside, hit.start, hit.end):
            apart.append(hit)
    return claims, apart


def _apart(tokens: Tokens, hit: _Hit, present: Set[str]) -> Mention | None:
    """The mention of an alias's actor: its only owner, or the only one whom the article names elsewhere."""
    owners = [known for known in hit.owners if not known.needs_office]
    owners = owners if len(owners) == 1 else [known for known in owners if known.actor.id in present]
    if len(owners) != 1:
        return None
    actor = owners[0].actor
    return Mention(
        start=hit.start,
        end=hit.end,
        text=tokens.text[hit.start : hit.end],
        kind=actor.kind,
        name=actor.name,
        actor=actor.id,
    )


def _by_roles(tokens: Tokens, names: Sequence[Name], hits: Sequence[_Hit]) -> list[Mention]:
    """The mentions of actors by their roles, where the article gives the role to nobody else.

    A role without a proper name in it, such as "the fisheries minister", counts if the article names the actor too.
    """
    present = {name.entity.actor for name in names} - {""}
    lost = {tokens.text[hit.start : hit.end].lower() for hit in hits if _is_of_another(tokens, names, hit)}
    mentions = []
    for hit in hits:
        alias = tokens.text[hit.start : hit.end]
        if alias.lower() in lost or not (_has_proper_name(alias) or any(k.actor.id in present for k in hit.owners)):
            continue
        mention = _apart(tokens, hit, present)
        mentions += [mention] if mention else []
    return mentions


def _has_proper_name(alias: str) -> bool:
    """Return whether a later word has a capital, or the first one is a capitalised possessive: "Pipkin's head"."""
    first, *rest = alias.split()
    return any(word[0].isupper() for word in rest) or ("'" in first.replace("’", "'") and first[0].isupper())


def _is_of_another(tokens: Tokens, names: Sequence[Name], hit: _Hit) -> bool:
    """Return whether a name beside the role is not an owner's: "Jo Doe, the fisheries minister"."""
    owners = {known.actor.id for known in hit.owners}
    first, last = bisect_left(tokens.starts, hit.start), bisect_left(tokens.starts, hit.end)
    comma_before = first > 0 and tokens.kinds[first - 1] == COMMA
    comma_after = last < len(tokens) and tokens.kinds[last] == COMMA
    for name in names:
        before = comma_before and name.end == first - 1
        after = name.run in (last, last + comma_after)
        if (before or after) and name.entity.kind == "person" and name.entity.actor not in owners:
            return True
    return False


def _is_word(text: str, start: int, end: int) -> bool:
    """Return whether no letter touches the span, or its script sets no spaces between words."""
    before, after = text[max(0, start - 1) : start], text[end : end + 1]
    return (not before.isalnum() or unspaced(text[start])) and (not after.isalnum() or unspaced(text[end - 1]))


def _small_words(tokens: Tokens) -> frozenset[str]:
    """The words that do not begin with a capital."""
    return frozenset(word for word, capital in zip(tokens.low, tokens.capital, strict=True) if not capital)


def _is_a_word(text: str, start: int, end: int, small: Set[str], *, in_full: bool) -> bool:
    """Return whether an alias is but a word: a month, or one that the text has in small letters too.

    Of somebody whom the text names in full, only what is clearly a date is a word.
    """
    alias = text[start:end].lower()
    if not alias.isalpha() or alias == text[start:end]:
        return False
    if alias not in _MONTHS:
        return not in_full and alias in small
    dated = _DATING.search(text, max(0, start - 12), start) or _DAY.match(text, end)
    return not in_full or dated is not None


def _is_whole(tokens: Tokens, name: Name, hit: _Hit) -> bool:
    """Return whether the alias is the name without titles and initials, or a full name at the end of a longer run."""
    first = bisect_left(tokens.starts, hit.start)
    if first <= name.start or all(len(low) == 1 for low in tokens.low[name.start : first]):
        return True
    return all(known.person for known in hit.owners) and name.end - first > 1 and tokens.capital[first - 1]


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
    mentions = speakers.role((at, last + 1)) if last is not None else None
    return mentions.entity if mentions else None

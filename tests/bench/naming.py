"""Rules by which a speaker's mention, or a speaker's name, counts as right."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

Record = Mapping[str, Any]


def _listed(words: str) -> frozenset[str]:
    return frozenset(words.split())


_WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")
_PRONOUNS = _listed("he she they i we you it him her them me us who his their hers")
_PREPOSITIONS = _listed("""
    of for from at in with on by to who which whose that as and or near told said about against under
    """)
_TITLES = _listed("""
    mr mrs ms dr sen sens rep reps gov gen president vice former sir lord lady prof judge justice secretary
    senator congressman congresswoman representative governor mayor rev pastor attorney general col lt sgt capt
    maj chairman ceo king queen prince princess the jr sr
    """)
_STOPS = _listed("the a an of and for in to")
_NOT_NAMES = _listed("""
    this that these those some many others one both all people there everyone nobody several most few
    """)


def _plain(word: str) -> str:
    return re.sub(r"['’]s?$", "", word.lower())


def _base(segment: str) -> list[str]:
    """The words of a phrase before its first preposition."""
    base: list[str] = []
    for word in _WORD.findall(segment):
        if base and _plain(word) in _PREPOSITIONS:
            break
        base.append(word)
    return base


def heads(speaker: str) -> list[str]:
    """The head words of a speaker phrase: the last word of the base of each comma-separated part."""
    found = []
    for segment in re.split(r"[,;(]", speaker):
        base = _base(segment)
        if not base or _plain(base[0]) in ("who", "which", "whose", "that"):
            continue
        if base[-1].lower() in ("jr", "sr") and len(base) > 1:
            base.pop()
        found.append(_plain(base[-1]))
    return found


def _extent(quote: Record) -> tuple[int, int] | None:
    start = quote.get("speaker_start")
    return None if start is None else (start, quote["speaker_end"])


def _touches_head(text: str, gold: Record, predicted: tuple[int, int], gold_heads: Sequence[str]) -> bool:
    parts = gold.get("speaker_fragments") or [_extent(gold)]
    return any(
        _plain(word.group()) in gold_heads and a + word.start() < predicted[1] and predicted[0] < a + word.end()
        for a, b in parts
        for word in _WORD.finditer(text[a:b])
    )


def speaker_right(text: str, gold: Record, predicted: Record) -> bool:
    """Return whether the same mention is named as the speaker: spans that overlap by half, or a shared head word."""
    wanted, given = gold.get("speaker_text"), predicted.get("speaker_text")
    if not wanted or not given:
        return not wanted and not given
    gold_heads = heads(wanted)
    here, there = _extent(gold), _extent(predicted)
    if here is not None and there is not None:
        common = min(here[1], there[1]) - max(here[0], there[0])
        if common > 0 and common / (here[1] - here[0] + there[1] - there[0] - common) >= 0.5:
            return True
        if _touches_head(text, gold, there, gold_heads):
            return True
    given_heads = heads(given)
    if any(head in given_heads and head not in _PRONOUNS for head in gold_heads):
        return True
    return _plain(wanted.strip()) == _plain(given.strip()) and _plain(wanted.strip()) not in _PRONOUNS


def _name_words(name: str) -> list[str]:
    words = [_plain(word) for word in _WORD.findall(re.split(r"[,;(]", name)[0])]
    return [word for word in words if word not in _TITLES and word not in _STOPS] or words


def name_right(gold: str, predicted: str) -> bool:
    """Return whether two names can be one person's or institution's."""
    a, b = _name_words(gold), _name_words(predicted)
    if not a or not b:
        return False
    if set(a) <= set(b) or set(b) <= set(a):
        small, big = (a, b) if len(a) <= len(b) else (b, a)
        return a == b or small[-1] == big[-1] or len(small) > 1 or small[0] == big[0]
    return a[-1] == b[-1] and a[0][0] == b[0][0]


def is_pronoun(phrase: str) -> bool:
    """Return whether the phrase is a pronoun and nothing else."""
    return _plain(phrase.strip()) in _PRONOUNS


def is_proper(phrase: str) -> bool:
    """Return whether the phrase, or an apposition in it, is headed by a capitalised word that is no pronoun."""
    for segment in re.split(r"[,;(]", phrase):
        base = _base(segment)
        if not base or not base[-1][0].isupper() or _plain(base[-1]) in _PRONOUNS | _STOPS:
            continue
        if len(base) > 1 or _plain(base[0]) not in _NOT_NAMES:
            return True
    return False


def predicted_name(quote: Record) -> str:
    """The name that a prediction gives its speaker; '' for none."""
    if quote.get("speaker_name"):
        return str(quote["speaker_name"])
    phrase = quote.get("speaker_text") or ""
    return phrase if is_proper(phrase) else ""

"""The hard cases of a gold article that its marked quotes show by themselves, so that no header has to claim them."""

import re
from collections.abc import Callable
from typing import Any

Quote = dict[str, Any]

PRONOUNS = frozenset({"he", "she", "it", "i", "we", "you"})
PARTICLES = re.compile(r"\b(?:al|bint?|d[aeiou]s?|de[lr]|della|el|l[ae]|te[nr]|van|von|zu)\b")
HEADS = frozenset({"that", "to", "as", "whether", "if", "what", "which", "who", "how", "why", "where", "when"})
PASSIVE = re.compile(r"\b(?:am|is|are|was|were|been|being) (?:\w+ed|told|said|thought|understood|heard)\b")
MARKS = {"straight": '"', "curly": "“", "single": "‘'", "angled": "«»", "low-high": "„"}
OPENERS = "".join(MARKS.values())


def cases(text: str, quotes: list[Quote]) -> set[str]:
    """Return what is hard about this article, as far as it follows from the marks and the trailer."""
    result = {case for case, shows in RULES.items() if any(shows(text, quote) for quote in quotes)}
    result |= {quote["type"] for quote in quotes}
    result |= {quote["modality"] for quote in quotes} - {"asserted"}
    if any(outer is not inner and _holds(outer, inner) for outer in quotes for inner in quotes):
        result.add("chain")
    names = {quote["speaker_name"] for quote in quotes if " " in quote.get("speaker_name", "")}
    if len({name.split()[-1] for name in names}) < len(names):
        result.add("namesakes")
    return result


def _holds(outer: Quote, inner: Quote) -> bool:
    return any(a <= inner["start"] and inner["end"] <= b for a, b in outer["fragments"])


def _content(text: str, quote: Quote) -> str:
    return text[quote["start"] : quote["end"]]


def _first_word(text: str, quote: Quote) -> str:
    return _content(text, quote).split()[0].casefold()


def _speaker(quote: Quote) -> str:
    return str(quote.get("speaker_text", ""))


def _name(quote: Quote) -> list[str]:
    return str(quote.get("speaker_name", "")).split()


def _is_pronoun(quote: Quote) -> bool:
    return _speaker(quote).casefold() in PRONOUNS | {"they"}


def _is_relative(quote: Quote) -> bool:
    return bool(re.search(r"\b(?:who|which|whose|whom)$", _speaker(quote)))


def _is_surname(quote: Quote) -> bool:
    name, speaker = _name(quote), _speaker(quote)
    return len(name) > 1 and name[-1] in speaker and name[0] not in speaker


def _is_role(quote: Quote) -> bool:
    name, speaker = _name(quote), _speaker(quote).casefold()
    named = any(word.casefold() in speaker for word in name)
    return bool(name) and not named and not _is_pronoun(quote) and not _is_relative(quote)


def _is_acronym(quote: Quote) -> bool:
    letters = re.sub(r"^[Tt]he ", "", _speaker(quote))
    return letters.isupper() and len(_name(quote)) > 1 and " " not in letters and letters not in _name(quote)


def _has_noun_cue(text: str, quote: Quote) -> bool:
    possessive = re.search(r"['’]s$|^(?:his|her|its|their)$", _speaker(quote), re.IGNORECASE)
    return bool(possessive) and quote.get("cue_start") == quote["speaker_end"] + 1


def _lacks_that(text: str, quote: Quote) -> bool:
    said = re.search(r"\b(?:said|says|say)$", quote.get("cue", ""))
    follows = bool(said) and text[quote["cue_end"] : quote["start"]].isspace()
    return follows and quote["type"] != "direct" and _first_word(text, quote) not in HEADS


def _continues(text: str, quote: Quote) -> bool:
    return "cue" not in quote and quote.get("speaker_end", len(text)) < text.rfind("\n", 0, quote["start"])


def _inverts(quote: Quote) -> bool:
    cue = quote.get("cue", "")
    follows = bool(cue) and quote.get("speaker_start") == quote["cue_end"] + 1
    return follows and cue[-1].isalpha() and cue.casefold() != "according to"


def _is_turn(text: str, quote: Quote) -> bool:
    if quote.get("cue") != ":" or quote["type"] != "direct" or text[quote["start"]] in OPENERS:
        return False
    return text[: quote["speaker_start"]].endswith("\n")


def _opens_with(marks: str) -> Callable[[str, Quote], bool]:
    return lambda text, quote: text[quote["start"]] in marks


RULES: dict[str, Callable[[str, Quote], bool]] = {
    **{label: _opens_with(marks) for label, marks in MARKS.items()},
    "interrupted": lambda text, quote: len(quote["fragments"]) > 1,
    "parenthesis": lambda text, quote: len(quote["fragments"]) > 1 and quote["type"] != "direct",
    "multi-paragraph": lambda text, quote: any("\n" in text[a:b] for a, b in quote["fragments"]),
    "thought": lambda text, quote: not quote["speech"],
    "no-speaker": lambda text, quote: "speaker_text" not in quote,
    "unnamed": lambda text, quote: "speaker_text" in quote and not _name(quote),
    "spokesperson": lambda text, quote: "speaks_for" in quote,
    "pronoun": lambda text, quote: _speaker(quote).casefold() in PRONOUNS,
    "plural-pronoun": lambda text, quote: _speaker(quote).casefold() == "they",
    "surname": lambda text, quote: _is_surname(quote),
    "given-name": lambda text, quote: len(_name(quote)) > 1 and _speaker(quote) == _name(quote)[0],
    "role": lambda text, quote: _is_role(quote),
    "acronym": lambda text, quote: _is_acronym(quote),
    "particles": lambda text, quote: bool(PARTICLES.search(quote.get("speaker_name", ""))),
    "possessive": lambda text, quote: bool(re.search(r"^(?:his|her|its|their) \w|['’]s \w", _speaker(quote), re.I)),
    "relative-clause": lambda text, quote: _is_relative(quote),
    "that-clause": lambda text, quote: _first_word(text, quote) == "that",
    "to-infinitive": lambda text, quote: _first_word(text, quote) == "to",
    "no-that": _lacks_that,
    "as-phrase": lambda text, quote: "describ" in quote.get("cue", "") and " as " in _content(text, quote),
    "according-to": lambda text, quote: quote.get("cue", "").casefold() == "according to",
    "inversion": lambda text, quote: _inverts(quote),
    "participle": lambda text, quote: bool(re.fullmatch(r"\w+ing(?: \w+)?", quote.get("cue", ""))),
    "noun-cue": _has_noun_cue,
    "passive": lambda text, quote: bool(PASSIVE.search(quote.get("cue", ""))),
    "colon": lambda text, quote: quote.get("cue") == ":",
    "dash-credit": lambda text, quote: quote.get("cue") in {"–", "—"},
    "transcript": _is_turn,
    "continuation": _continues,
    "question": lambda text, quote: quote["type"] == "direct" and "?" in _content(text, quote)[-2:],
    "post": lambda text, quote: bool(re.search(r"tweet|post|texted|e-?mailed", quote.get("cue", ""))),
}
COMPUTED = RULES.keys() | {
    "chain",
    "namesakes",
    "direct",
    "mixed",
    "indirect",
    "negated",
    "denied",
    "asked",
    "hypothetical",
}

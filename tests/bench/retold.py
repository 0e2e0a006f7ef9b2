"""Ways in which outlets retell a sentence, and ways to turn it into another claim; '' where one does not fit.

All are mechanical and know nothing of the method that they measure.
"""

import random
import re
from collections.abc import Callable, Mapping
from typing import Final

Retell = Callable[[str, random.Random], str]


def _words(line: str) -> tuple[str, ...]:
    return tuple(line.split())


_WORD: Final = re.compile(r"[A-Za-z]+(?:['’][A-Za-z]+)?")
_SWAPS: Final = """
    big:major large:sizeable small:little important:significant start:launch began:started help:support
    said:stated people:citizens country:nation need:require want:wish get:obtain think:believe show:reveal
    keep:maintain problem:issue job:role fight:battle many:numerous very:extremely great:excellent bad:poor
    children:kids money:funds government:administration end:conclude stop:prevent ask:request try:attempt
    company:firm buy:purchase attack:assault idea:notion clear:obvious about:around because:since also:too
    quickly:rapidly today:now american:US speak:talk meeting:session plan:scheme support:backing decision:choice
    difficult:hard wrong:mistaken tell:inform happen:occur build:construct work:labour make:create real:genuine
    against:opposed believe:think voters:electors campaign:drive president:leader reason:cause law:statute"""
_SYNONYMS: Final = dict(swap.split(":") for swap in _SWAPS.split())
_CONTRACTIONS: Final = {
    "do not": "don’t", "does not": "doesn’t", "is not": "isn’t", "cannot": "can’t", "will not": "won’t",
    "I am": "I’m", "it is": "it’s", "we are": "we’re", "they are": "they’re", "I have": "I’ve", "that is": "that’s",
}  # fmt: skip
_SHIFTS: Final = {
    "I": "{s}", "me": "{o}", "my": "{p}", "mine": "{p}", "myself": "{o}self", "we": "they", "us": "them",
    "our": "their", "ours": "theirs", "am": "was", "is": "was", "are": "were", "will": "would", "can": "could",
    "may": "might", "have": "had", "has": "had", "do": "did", "does": "did", "this": "that", "these": "those",
    "here": "there", "now": "then", "I’m": "{s} was", "we’re": "they were", "it’s": "it was", "I’ve": "{s} had",
    "I’ll": "{s} would", "we’ll": "they would", "won’t": "would not", "can’t": "could not", "don’t": "did not",
    "think": "thought", "want": "wanted", "need": "needed", "know": "knew", "believe": "believed", "go": "went",
    "get": "got", "make": "made", "say": "said", "see": "saw", "come": "came", "take": "took", "today": "that day",
    "yesterday": "the day before", "tomorrow": "the next day", "you": "they", "your": "their",
}  # fmt: skip
_FILLERS: Final = _words("very really just actually simply also even still clearly certainly well so")
_AUXILIARIES: Final = _words("is are was were will would can could should must has had have does did do may")
_NUMBERS: Final = _words("two three four five six seven eight nine ten twelve twenty thirty forty fifty hundred")
_DATES: Final = (
    ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
    ("January", "February", "April", "June", "July", "August", "September", "October", "November", "December"),
)
_OPPOSITES: Final = {
    "more": "less",
    "before": "after",
    "support": "oppose",
    "win": "lose",
    "raise": "lower",
    "all": "some",
}


def _swapped(text: str, swaps: Mapping[str, str], most: int) -> str:
    """The text with at most so many words swapped; '' where none is."""
    count = 0

    def swap(word: re.Match[str]) -> str:
        nonlocal count
        instead = swaps.get(word[0]) or swaps.get(word[0].lower())
        if instead is None or count == most:
            return word[0]
        count += 1
        return instead.capitalize() if word[0][0].isupper() and word[0] != "I" else instead

    said = _WORD.sub(swap, text)
    return said if count else ""


def reworded(text: str, chance: random.Random) -> str:
    """Some words by others of the same meaning, about one in six."""
    return _swapped(text, _SYNONYMS, max(1, len(text.split()) // 6))


def tightened(text: str, chance: random.Random) -> str:
    """Fillers left out, contractions made or undone."""
    said = " ".join(word for word in text.split() if word.lower().strip(",.") not in _FILLERS)
    for long, short in _CONTRACTIONS.items():
        here, there = (short, long) if re.search(rf"\b{short}\b", said) else (long, short)
        said = re.sub(rf"\b{here}\b", there, said)
    return said if said != text else ""


def turned_round(text: str, chance: random.Random) -> str:
    """The clauses in another order."""
    first, comma, rest = text.rstrip(".").partition(", ")
    if not comma or min(len(first.split()), len(rest.split())) < 3:
        return ""
    return f"{rest[0].upper()}{rest[1:]}, {first[0].lower()}{first[1:]}"


def cut(text: str, chance: random.Random) -> str:
    """A run of half the words, at least six."""
    words = text.split()
    length = max(6, len(words) // 2)
    if len(words) <= length + 1:
        return ""
    start = chance.randrange(len(words) - length)
    return " ".join(words[start : start + length])


def elided(text: str, chance: random.Random) -> str:
    """The middle third left out, with an ellipsis."""
    words = text.split()
    third = len(words) // 3
    return " ".join((*words[:third], "…", *words[-third:])) if third >= 4 else ""


def bracketed(text: str, chance: random.Random) -> str:
    """A pronoun explained in brackets, or the first letter made to fit."""
    said = re.sub(r"\b(he|she|they|it)\b", "[Mr Example]", text, count=1)
    return said if said != text else f"[{text[0].swapcase()}]{text[1:]}"


def repunctuated(text: str, chance: random.Random) -> str:
    """Commas, dashes and quotation marks as another house sets them."""
    said = text.replace(",", "").replace(" – ", ", ").replace(" — ", ", ").replace("’", "'").replace(";", ".")
    return said.rstrip(".!") + chance.choice(("", "!", " …", ","))


def recased(text: str, chance: random.Random) -> str:
    """In capitals, in lower case, or as a headline."""
    return chance.choice((str.upper, str.lower, str.title))(text)


def indirect(text: str, chance: random.Random) -> str:
    """Return the words as indirect speech: persons and tenses shifted."""
    subject, other, own = chance.choice((("he", "him", "his"), ("she", "her", "her")))
    said = _swapped(text.rstrip(".!"), _SHIFTS, 10**6)
    return said.format(s=subject, o=other, p=own) if said and "{" not in text else ""


def negated(text: str, chance: random.Random) -> str:
    """A "not" taken out, or else put in behind the first auxiliary."""
    for negation in (" not ", " never ", "n’t ", "n't "):
        if negation in text:
            return text.replace(negation, " ", 1).replace(" wo ", " will ").replace(" ca ", " can ")
    words = text.split()
    for place, word in enumerate(words[:-1]):
        if word.lower() in _AUXILIARIES:
            return " ".join((*words[: place + 1], "not", *words[place + 1 :]))
    return ""


def renumbered(text: str, chance: random.Random) -> str:
    """Another number."""
    figures = re.search(r"\d+", text)
    if figures:
        return f"{text[: figures.start()]}{int(figures[0]) + chance.randint(1, 9)}{text[figures.end() :]}"
    for word in _WORD.finditer(text):
        if word[0].lower() in _NUMBERS:
            other = chance.choice([number for number in _NUMBERS if number != word[0].lower()])
            return f"{text[: word.start()]}{other}{text[word.end() :]}"
    return ""


def redated(text: str, chance: random.Random) -> str:
    """Another weekday or month."""
    for names in _DATES:
        for name in names:
            if re.search(rf"\b{name}\b", text):
                return re.sub(rf"\b{name}\b", chance.choice([n for n in names if n != name]), text, count=1)
    return ""


def opposed(text: str, chance: random.Random) -> str:
    """A word by its opposite."""
    return _swapped(text, _OPPOSITES, 1)


OTHERWISE: Final[Mapping[str, Retell]] = {
    "reworded": reworded,
    "tightened": tightened,
    "turned round": turned_round,
    "cut": cut,
    "elided": elided,
    "bracketed": bracketed,
    "re-punctuated": repunctuated,
    "re-cased": recased,
    "indirect": indirect,
}
TURNED: Final[Mapping[str, Retell]] = {
    "negated": negated,
    "other number": renumbered,
    "other date": redated,
    "opposite": opposed,
}

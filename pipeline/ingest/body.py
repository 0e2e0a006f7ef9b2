"""The text of an article: the choice between the texts of a page, and the removal of blocks that a source repeats."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Final

_NOT_LETTERS: Final = re.compile(r"[\W_]+")

_LEAST_STATED: Final = 300  # letters: less is a summary

_NEARLY_ALL: Final = 0.9  # of the words

_HARDLY_ANY: Final = 0.3

_MUCH_LONGER: Final = 1.2

_LEAST_PART: Final = 0.5  # of the shown text; a shorter stated text with other words is a summary

_SENTENCE: Final = 60  # letters

_MOST_LETTERS: Final = 200_000  # a longer text is no news article, and comparing it would take too long

_WORD: Final = re.compile(r"[^\W\d_]+")

_RUN: Final = 4  # words

_FIRST: Final = 5  # paragraphs in which a headline and bylines stand

_LEAST_HEADLINE: Final = 12  # letters of one that is recognised after a kicker

_WITH_KICKER: Final = 1.5  # times the headline

_MOST_BYLINE: Final = 120  # characters

_MOST_BESIDE: Final = 6  # words of a byline beside names: "Published on Monday at"

_PORTRAIT: Final = range(30, 500)  # characters

_CLOCK: Final = re.compile(r"\d\d?[:.h時]\d\d|\b(?:19|20)\d\d\b|\d{4}年")

_SENTENCE_END: Final = re.compile(r"[.!?。！？؟।][\"'”’»)\]]*$")

_PULLED: Final = range(16, 400)  # letters of a quotation that is pulled out of the text

_LONGER: Final = 1.2  # than what is pulled out of it

_HAS_QUOTATION: Final = re.compile(r"[\"“”„«»「」『』]|(?<!\w)['‘’]")


def article_body(
    shown: str, stated: str, *, standfirst: str = "", headlines: Sequence[str] = (), authors: Sequence[str] = ()
) -> str:
    """The text of an article from the page's shown and stated texts: with standfirst, without headline and byline."""
    text = without_pulled(body(shown, stated))
    text = without_byline(without_headline(text, headlines), authors)
    if standfirst and _letters(standfirst) not in _letters(text):
        return f"{standfirst}\n\n{text}".strip()
    return text


def without_headline(text: str, headlines: Sequence[str]) -> str:
    """The text without the headline among its first paragraphs, alone or after a kicker."""
    titles = [letters for headline in headlines if (letters := _letters(headline))]
    parts = text.split("\n\n")
    opening = [part for part in parts[:_FIRST] if not _is_headline(_letters(part), titles)]
    return "\n\n".join((*opening, *parts[_FIRST:])) if opening or len(parts) > _FIRST else text


def _is_headline(letters: str, titles: Sequence[str]) -> bool:
    return any(
        letters == title
        or (len(title) >= _LEAST_HEADLINE and title in letters and len(letters) <= _WITH_KICKER * len(title))
        for title in titles
    )


def without_byline(text: str, authors: Sequence[str]) -> str:
    """The text without lines of authors and dates at its start, and without authors' portraits at its end."""
    parts = text.split("\n\n")
    opening = [part for part in parts[:_FIRST] if not _is_byline(part, authors)]
    remaining = parts[_FIRST:]
    while remaining and _is_portrait(remaining[-1], authors):
        remaining.pop()
    return "\n\n".join((*opening, *remaining)) if opening or remaining else text


def _is_byline(part: str, authors: Sequence[str]) -> bool:
    """Return True for a short line, no sentence, that consists almost only of authors' names, dates and times."""
    if len(part) > _MOST_BYLINE or _SENTENCE_END.search(part):
        return False
    bare = part
    for author in authors:
        bare = re.sub(re.escape(author), " ", bare, flags=re.IGNORECASE)
    if bare == part and not _CLOCK.search(part):
        return False
    return len(_WORD.findall(bare)) <= _MOST_BESIDE


def _is_portrait(part: str, authors: Sequence[str]) -> bool:
    return len(part) in _PORTRAIT and any(" " in author and part.startswith(author) for author in authors)


def agreement(text: str, others: Sequence[str]) -> float:
    """Return the share, from 0 to 1, of the text's runs of four words that the other texts have too."""
    own = _runs(text)
    shared = [2 * len(own & runs) / (len(own) + len(runs) or 1) for runs in map(_runs, others)]
    return sum(shared) / (len(shared) or 1)


def _runs(text: str) -> set[tuple[str, ...]]:
    words = _WORD.findall(text[:_MOST_LETTERS].casefold())
    return {tuple(words[start : start + _RUN]) for start in range(len(words) - _RUN + 1)}


def body(shown: str, stated: str) -> str:
    """Choose between the text that the page shows and the text in its metadata, and cut what surrounds the article.

    Both texts have blank lines between paragraphs. A stated text often lacks paragraphs and embedded texts, so it is
    used only if the page does not show it.
    """
    letters = _letters(stated)
    parts = shown.split("\n\n")
    if not _LEAST_STATED <= len(letters) <= _MOST_LETTERS:
        return shown
    shared = [index for index, part in enumerate(parts) if (own := _letters(part)) and own in letters]
    covered = sum(len(_letters(parts[index])) for index in shared)
    whole = len(_letters(shown))
    if covered < _HARDLY_ANY * len(letters):
        return stated if len(letters) >= _LEAST_PART * whole else shown
    if len(letters) > _MUCH_LONGER * whole:
        return stated
    if covered < _NEARLY_ALL * len(letters):
        return shown
    if len(shared) == 1 and "\n\n" in stated:
        return stated
    start = shared[0] - (shared[0] > 0 and len(_letters(parts[shared[0] - 1])) >= _SENTENCE)  # with a standfirst
    return "\n\n".join(parts[start : shared[-1] + 1])


def without_pulled(text: str) -> str:
    """The text without pull quotes: quotations that are repeated as paragraphs of their own."""
    if len(text) > _MOST_LETTERS:
        return text
    parts = text.split("\n\n")
    own = [_letters(part) for part in parts]
    quoted = [letters for part, letters in zip(parts, own, strict=True) if _HAS_QUOTATION.search(part)]
    return "\n\n".join(part for part, letters in zip(parts, own, strict=True) if not _is_pulled(letters, quoted))


def _is_pulled(letters: str, quoted: Sequence[str]) -> bool:
    """Return True if a longer paragraph with quotation marks contains these letters."""
    longer = (longer_text for longer_text in quoted if len(longer_text) >= _LONGER * len(letters))
    return len(letters) in _PULLED and any(letters in longer_text for longer_text in longer)


def _letters(text: str) -> str:
    return _NOT_LETTERS.sub("", text).casefold()


_BLOCK = 8  # characters: 32 bits, enough among the few hundred blocks that one source remembers

_ARTICLE = 4

_RECORD = _BLOCK + _ARTICLE + 1

_MOST_COUNT = 9

_SINGLE = 300  # blocks remembered that were in one article

_REPEATED = 200

_IN_PAGES = 3  # articles that have to share a block of a page

_IN_FEEDS = 4  # those that have to share one of a text that the feed itself carries

_LEAST_LEFT = (
    0.3  # share of the text; if less would be left, the text itself is what the source repeats, and stays whole
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """The text of an article; `page` is True if it was read from a web page rather than a feed."""

    article: str
    text: str
    page: bool


def without(texts: Sequence[Text], known: str) -> tuple[list[str], str]:
    """Remove repeated blocks from texts; return the texts and the updated memory of blocks (`FeedState.blocks`).

    The texts are compared with the memory and with each other.
    """
    memory = _unpacked(known)
    blocks = [_blocks(text.text) for text in texts]
    for text, own in zip(texts, blocks, strict=True):
        _learn(memory, dict.fromkeys(own), _digest(text.article)[:_ARTICLE])
    remaining = [_unrepeated(text, own, memory) for text, own in zip(texts, blocks, strict=True)]
    return remaining, _packed(memory)


def is_repeated(text: str, known: str) -> bool:
    """Return True if several earlier articles of the source share each block of a page's text."""
    memory = _unpacked(known) if text else {}
    return bool(memory) and all(memory.get(block, ("", 0))[1] >= _IN_PAGES for block in _blocks(text))


def _blocks(text: str) -> list[str]:
    return [_digest(block) for block in text.split("\n\n")]


def _digest(block: str) -> str:
    folded = " ".join(block.casefold().split())
    return blake2b(folded.encode("utf-8", "surrogatepass"), digest_size=_BLOCK // 2).hexdigest()


def _learn(memory: dict[str, tuple[str, int]], blocks: Sequence[str] | dict[str, None], article: str) -> None:
    """Count each block once per article and move it to the end; a revision of the last article does not count."""
    for block in blocks:
        last_article, count = memory.pop(block, ("", 0))
        memory[block] = (article, count if last_article == article else min(count + 1, _MOST_COUNT))


def _unrepeated(text: Text, blocks: Sequence[str], memory: dict[str, tuple[str, int]]) -> str:
    most = _IN_PAGES if text.page else _IN_FEEDS
    parts = zip(text.text.split("\n\n"), blocks, strict=True)
    remaining = "\n\n".join(part for part, block in parts if memory[block][1] < most)
    return remaining if len(remaining) >= _LEAST_LEFT * len(text.text) else text.text


def _unpacked(known: str) -> dict[str, tuple[str, int]]:
    records = (known[at : at + _RECORD] for at in range(0, len(known) - _RECORD + 1, _RECORD))
    return {record[:_BLOCK]: (record[_BLOCK:-1], int(record[-1])) for record in records if record[-1] in "123456789"}


def _packed(memory: dict[str, tuple[str, int]]) -> str:
    """Write the newest blocks as one string, with limits for blocks of one article and for repeated blocks."""
    single = [block for block, (_, count) in memory.items() if count == 1]
    repeated = [block for block, (_, count) in memory.items() if count > 1]
    newest = {*single[-_SINGLE:], *repeated[-_REPEATED:]}
    return "".join(f"{block}{last}{count}" for block, (last, count) in memory.items() if block in newest)

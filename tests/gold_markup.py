"""The gold set's markup: one hand-marked file in, one record of the measure's format out.

`tests/data/gold/GUIDE.md` defines it. Whatever breaks its rules raises GoldError, which names the file and the quote.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from tests.gold_cases import COMPUTED, cases
from tests.gold_marks import kind, quoted

MODALITIES = frozenset({"negated", "denied", "asked", "hypothetical"})
KINDS = frozenset({"direct", "mixed", "indirect"})
HEADERS = frozenset({"id", "title", "genre", "outlet", "lang"})

TAG = re.compile(r"\{(?P<numbers>\d+(?:,\d+)*)(?P<part>[sc]?) |(?P<close>\})|(?P<stray>\{)")
UNSPACED = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")  # kana, Han characters, Hangul

TRAILER_LINE = re.compile(r"(?P<numbers>\d+(?:,\d+)*):\s*(?P<name>[^;]*?)\s*(?:;(?P<notes>.*))?")


class GoldError(ValueError):
    """A gold file breaks the rules of the guide."""


@dataclass(frozen=True, slots=True)
class Span:
    """A half-open range of characters of the article's text."""

    start: int
    end: int


@dataclass(slots=True)
class Marked:
    """The spans written around one quote number."""

    contents: list[Span] = field(default_factory=list)
    speakers: list[Span] = field(default_factory=list)
    cues: list[Span] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Note:
    """The trailer's line on one quote; an empty `name` is a speaker whom nobody names."""

    name: str
    flags: frozenset[str]
    about: tuple[str, ...]
    speaks_for: str


def read(source: str, name: str, vocabulary: Iterable[str]) -> dict[str, Any]:
    """One gold file's content as a record; its header must give the id `name` and only cases of the `vocabulary`."""
    header_text, body, trailer = _sections(source, name)
    header = _header(header_text, name)
    text, marked = unmark(body, name)
    notes = _notes(trailer, name)
    if marked.keys() != notes.keys():
        raise GoldError(f"{name}: quotes {sorted(marked.keys() ^ notes.keys())} are not both marked and in the trailer")
    declared = {case.strip() for case in header.pop("cases", "").split(",") if case.strip()}
    declared -= COMPUTED
    if wrong := declared - set(vocabulary):
        raise GoldError(f"{name}: cases {sorted(wrong)} are not among those that a header declares")
    inside = quoted(text)
    quotes = []
    for number in sorted(marked):
        where = f"{name}: quote {number}"
        _check_spans(text, marked[number], where)
        _check_names(text, marked[number], notes[number], where)
        quotes.append({"number": number, **_quote(text, inside, marked[number], notes[number])})
    quotes.sort(key=lambda quote: (quote["start"], -quote["end"]))
    if bool(quotes) == ("negative" in declared):
        raise GoldError(f"{name}: {len(quotes)} quotes do not go with cases {sorted(declared)}")
    return {**header, "cases": sorted(declared | cases(text, quotes)), "text": text, "quotes": quotes}


def _sections(source: str, name: str) -> tuple[str, str, str]:
    parts = re.split(r"^---\n", source, flags=re.MULTILINE)
    if len(parts) != 3:
        raise GoldError(f"{name}: {len(parts)} sections between lines of '---', not 3 (header, text, trailer)")
    return parts[0], parts[1].strip("\n"), parts[2]


def _header(header_text: str, name: str) -> dict[str, str]:
    pairs = (line.partition(":") for line in header_text.splitlines() if line.strip())
    header = {key.strip(): value.strip() for key, _, value in pairs}
    provided = {key for key, value in header.items() if value} - {"cases"}
    if provided != HEADERS:
        raise GoldError(f"{name}: header gives {sorted(provided)}, not {sorted(HEADERS)}")
    if header["id"] != name:
        raise GoldError(f"{name}: header says id {header['id']!r}")
    return header


def unmark(body: str, name: str) -> tuple[str, dict[int, Marked]]:
    """The body without its braces, and the spans that they marked, by quote number."""
    text: list[str] = []
    length, at = 0, 0
    opened: list[tuple[list[int], str, int]] = []
    marked: dict[int, Marked] = {}
    for tag in TAG.finditer(body):
        text.append(body[at : tag.start()])
        length += tag.start() - at
        at = tag.end()
        if tag["numbers"]:
            opened.append(([int(number) for number in tag["numbers"].split(",")], tag["part"], length))
            continue
        if tag["stray"] or not opened:
            raise GoldError(f"{name}: {tag[0]!r} out of place at {body[max(0, at - 30) : at + 30]!r}")
        numbers, part, start = opened.pop()
        for number in numbers:
            quote = marked.setdefault(number, Marked())
            {"": quote.contents, "s": quote.speakers, "c": quote.cues}[part].append(Span(start, length))
    if opened:
        raise GoldError(f"{name}: quotes {opened[-1][0]} are opened and never closed")
    text.append(body[at:])
    return "".join(text), marked


def _notes(trailer: str, name: str) -> dict[int, Note]:
    notes: dict[int, Note] = {}
    for line in filter(None, map(str.strip, trailer.splitlines())):
        result = TRAILER_LINE.fullmatch(line)
        if not result:
            raise GoldError(f"{name}: trailer line {line!r} is not 'NUMBER: NAME; notes'")
        for number in map(int, result["numbers"].split(",")):
            if number in notes:
                raise GoldError(f"{name}: quote {number} is in the trailer twice")
            notes[number] = _note(result["name"], result["notes"] or "", f"{name}: quote {number}")
    return notes


def _note(speaker_name: str, written: str, where: str) -> Note:
    flags: set[str] = set()
    values = {"about": "", "for": ""}
    for part in filter(None, map(str.strip, written.split(";"))):
        key, equals, value = part.partition("=")
        if equals and key in values:
            values[key] = value.strip()
        elif part in MODALITIES | KINDS | {"thought"}:
            flags.add(part)
        else:
            raise GoldError(f"{where} has an unknown note {part!r}")
    if not speaker_name:
        raise GoldError(f"{where} has no name; write '-' for a speaker whom nobody names")
    if len(flags & MODALITIES) > 1 or len(flags & KINDS) > 1:
        raise GoldError(f"{where} has notes that exclude each other: {sorted(flags)}")
    about = tuple(actor.strip() for actor in values["about"].split(",") if actor.strip())
    return Note("" if speaker_name == "-" else speaker_name, frozenset(flags), about, values["for"])


def _check_spans(text: str, marked: Marked, where: str) -> None:
    """Spans are in order, and none is empty, cuts a word, or leaves its own quotation mark outside."""
    contents = marked.contents
    if not contents or len(marked.speakers) > 1 or len(marked.cues) > 1:
        raise GoldError(f"{where} needs content, at most one speaker and at most one cue")
    if any(before.end > after.start for before, after in pairwise(contents)):
        raise GoldError(f"{where} has fragments that overlap or run backwards")
    for span in [*contents, *marked.speakers, *marked.cues]:
        inner = text[span.start : span.end]
        if not inner or inner != inner.strip():
            raise GoldError(f"{where} has a span that is empty or has white space at an end: {inner!r}")
        before, after = text[: span.start][-1:], text[span.end :][:1]
        if _is_within_word(before, inner[0]) or _is_within_word(inner[-1], after):
            raise GoldError(f"{where} has a span that cuts a word: {inner!r}")
        if any(_leaves_out(inner, before, after, *pair) for pair in ("“”", "«»")):
            raise GoldError(f"{where} has a span that leaves its quotation mark outside: {inner!r}")


def _is_within_word(before: str, after: str) -> bool:
    """Return whether two characters belong to one word, in a script that parts words and their particles by spaces."""
    return before.isalnum() and after.isalnum() and not (UNSPACED.match(before) or UNSPACED.match(after))


def _leaves_out(inner: str, before: str, after: str, opener: str, closer: str) -> bool:
    """A mark just outside is the span's own, not that of a quotation around it."""
    unclosed = inner.count(opener) - inner.count(closer)
    if before == opener and after == closer:
        return unclosed == 0
    return (unclosed > 0 and after == closer) or (unclosed < 0 and before == opener)


def _check_names(text: str, marked: Marked, note: Note, where: str) -> None:
    """A name has a speaker span, and every word of a canonical name stands somewhere in the article."""
    if note.name and not marked.speakers:
        raise GoldError(f"{where} names {note.name!r} and marks no speaker")
    for actor in filter(None, (note.name, note.speaks_for, *note.about)):
        missing = [word for word in re.findall(r"\w+", actor) if word not in text]
        if missing:
            raise GoldError(f"{where} gives the name {actor!r}, of which the text never says {missing}")


def _quote(text: str, inside: list[bool], marked: Marked, note: Note) -> dict[str, Any]:
    kinds = note.flags & KINDS
    quote: dict[str, Any] = {
        "start": marked.contents[0].start,
        "end": marked.contents[-1].end,
        "fragments": [[span.start, span.end] for span in marked.contents],
        "type": min(kinds) if kinds else kind(text, inside, [(span.start, span.end) for span in marked.contents]),
        "speech": "thought" not in note.flags,
        "modality": min(note.flags & MODALITIES, default="asserted"),
    }
    for key, label, spans in (("speaker", "speaker_text", marked.speakers), ("cue", "cue", marked.cues)):
        for span in spans:
            quote |= {label: text[span.start : span.end], f"{key}_start": span.start, f"{key}_end": span.end}
    optional = {"speaker_name": note.name, "speaks_for": note.speaks_for, "about": list(note.about)}
    return quote | {key: value for key, value in optional.items() if value}

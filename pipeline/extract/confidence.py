"""The confidence in a quote: a logistic model over signals of the extraction, with weights in `confidence.toml`.

`python -m tests.bench.calibrate` fits the weights on the project's own gold set and on Said, and on nothing else. Risk
signals mark what may mislead about the ends of a quote or its speaker; `reason` puts the evidence for a speaker in
plain words.
"""

import math
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files

from pipeline.extract.frames.drafts import Draft
from pipeline.extract.lexicon import Language, Word
from pipeline.extract.speakers.resolve import Resolved
from pipeline.extract.text.phrases import Range
from pipeline.extract.text.sentences import Sentence
from pipeline.extract.text.tokens import COMMA, DASH, WORD, Tokens
from pipeline.model import Quote, QuoteKind

_EMBEDDING = Word.WH | Word.RELATIVE | Word.COMPLEMENTISER | Word.SUBORDINATOR | Word.CONDITIONAL


def bounds(tokens: Tokens, language: Language, sentences: Sequence[Sentence], draft: Draft) -> tuple[str, ...]:
    """The signs that are there, for a quote with an attribution that names who speaks.

    embedded  the report is part of a larger clause: "what Doe called “a farce”", "that Doe had said so"
    retold    another source is given for the report itself: "“No,” Doe said, according to the Crier"
    cut       the sentence goes on after what was said, and may say more of it: "she would stay, though …"
    running   the paragraph before is all one quotation that it does not close: another's words may go on in this one
    """
    attribution = draft.attribution
    if attribution is None or attribution.speaker is None:
        return ()
    sentence = sentences[attribution.sentence]
    first, last = draft.parts[0][0], draft.parts[-1][1]
    begin = min(attribution.speaker[0], attribution.cue[0])
    end = max(attribution.speaker[1], attribution.cue[1], last)
    signs = []
    if sentence.start < begin < first and tokens.classes[begin - 1] & _EMBEDDING:
        signs.append("embedded")
    if attribution.via != "according" and _retold(tokens, language, sentence, draft.parts):
        signs.append("retold")
    if last == end < sentence.end and tokens.kinds[last] in (COMMA, DASH, WORD):
        signs.append("cut")
    if first >= sentence.start and _running(sentences, attribution.sentence):
        signs.append("running")
    return tuple(signs)


def _running(sentences: Sequence[Sentence], number: int) -> bool:
    """Return whether a paragraph that opens with a quotation follows one that is a quotation left open."""
    sentence, before = sentences[number], sentences[number - 1] if number else None
    if before is None or before.paragraph == sentence.paragraph or not sentence.quotations or not before.quotations:
        return False
    open_ = before.quotations[-1]
    whole = number < 2 or sentences[number - 2].paragraph < before.paragraph
    opens = sentence.quotations[0].start == sentence.start
    return whole and opens and not open_.closed and open_.start == before.start


def _retold(tokens: Tokens, language: Language, sentence: Sentence, parts: Sequence[Range]) -> bool:
    """Return whether "according to" or its like stands in the sentence outside of what was said."""
    telling = _telling(language.phrases)
    starts = (sentence.start, *(end for _, end in parts))
    ends = (*(start for start, _ in parts), sentence.end)
    for low in (tokens.low[start:end] for start, end in zip(starts, ends, strict=True) if start < end):
        if not telling.keys().isdisjoint(low):
            words = " ".join(low)
            return any(phrase in words for phrase in telling.values())
    return False


@cache
def _telling(phrases: tuple[tuple[str, ...], ...]) -> dict[str, str]:
    """Each phrase by its longest word, which is rare."""
    return {max(phrase, key=len): " ".join(phrase) for phrase in phrases}


# By which the odds of being right are less in the wild than in the tidy articles of the gold set, for what these
# hardly have: sentences as long as a paragraph, several reports in one, reports that another is the source of, words
# whose end a reader too would hesitate over, citations within citations, a quotation that only its place gives to
# somebody, a pronoun with rivals, one surname for two. Judged, not fitted.
_WILD = {
    "kind mixed": 1.1,
    "kind indirect": 1.8,
    "mixed crowded": 2.0,
    "mixed drawn out": 1.7,
    "indirect drawn out": 1.7,
    "mixed embedded": 2.0,
    "indirect embedded": 1.6,
    "indirect cut": 1.3,
    "mixed cut": 1.6,
    "direct running": 12.0,
    "direct retold": 12.0,
    "mixed retold": 8.0,
    "indirect retold": 5.0,
    "frame introduced": 3.0,
    "via dropped": 2.5,
    "frame dialogue": 2.0,
    "frame follows": 5.0,
    "via nested": 4.0,
    "length short": 1.6,
    "length brief": 1.6,
    "margin middling": 2.0,
    "margin narrow": 2.0,
    "doubt rivals 2": 3.0,
    "doubt rivals 3": 1.5,
    "doubt another spoke last": 1.5,
    "doubt namesakes": 1.5,
    "doubt speaks of itself": 1.5,
    "speaker role+name": 3.0,
    "speaker role+surname": 3.0,
    "named organisation": 1.7,
    "modality hypothetical": 3.0,
}

_LEAST = 0.4

_UNATTRIBUTED = 0.7  # at most, for a quotation that no words of its own give to anybody

_RIVALLED = 0.45  # at most, for somebody whose gender is unknown where the pronoun surely fits another

_BESIDE = 0.3  # for a name that stands beside a quotation in a language without a file

Evidence = tuple[str, ...]

_SHORT, _BRIEF, _LONG = 4, 10, 60  # words

_SENTENCE = 12  # tokens of one step of a sentence's length

_DRAWN_OUT = 3  # steps of a long one


@dataclass(frozen=True, slots=True)
class Setting:
    """The place of a quote in its article: its words, its sentence's tokens, and the signs of `bounds`."""

    words: int
    sentence: int
    signs: tuple[str, ...] = ()


def evidence(draft: Draft, kind: QuoteKind, resolved: Resolved, setting: Setting) -> Evidence:
    """Return what speaks for or against the quote, each a key of the model."""
    attribution = draft.attribution
    frame = attribution.frame if attribution else draft.joined
    via = attribution.via if attribution else "none"
    rules = [step.rule for step in resolved.steps]
    seen = [f"kind {kind}", f"frame {frame}", f"via {via}", f"{kind} {frame}"]
    seen.append(f"speaker {'+'.join(rules[:2])}" if rules else "speaker none")
    if "pronoun" in rules:
        seen.append(
            "margin " + ("wide" if resolved.margin >= 0.66 else "middling" if resolved.margin >= 0.33 else "narrow")
        )
    seen += [f"doubt {each}" for each in resolved.doubts]
    if resolved.entity is not None:
        seen.append(f"named {resolved.entity.kind}" + ("" if resolved.entity.sure else " perhaps"))
    if attribution is not None and attribution.modality != "asserted":
        seen.append(f"modality {attribution.modality}")
    seen.append(f"cue {attribution.lemma}" if attribution else "cue none")
    if attribution is not None and attribution.speaker is not None:
        seen.append(f"subject {min((attribution.speaker[1] - attribution.speaker[0]) // 3, 4)}")
    return (*seen, *_of_setting(draft, kind, setting))


def _of_setting(draft: Draft, kind: QuoteKind, setting: Setting) -> Evidence:
    """Return what the lengths say, the other reports of the sentence, and what may mislead about the quote's bounds."""
    steps = min(setting.sentence // _SENTENCE, 4)
    seen = [f"company {min(draft.company, 3)}", f"sentence {steps}"]
    if setting.words > _LONG:
        seen.append("length long")
    elif setting.words < _BRIEF:
        seen.append("length short" if setting.words < _SHORT else "length brief")
    if draft.company > 1:
        seen.append(f"{kind} crowded")
    if steps >= _DRAWN_OUT:
        seen.append(f"{kind} drawn out")
    return (*seen, *(f"{kind} {sign}" for sign in setting.signs))


@cache
def _weights() -> dict[str, float]:
    """The fitted weights, less the logarithms of the odds in the wild."""
    text = (files(__package__) / "confidence.toml").read_text(encoding="utf-8")
    fitted = {key: float(weight) for key, weight in tomllib.loads(text)["weights"].items()}
    return {key: fitted.get(key, 0.0) - math.log(_WILD.get(key, 1.0)) for key in (*fitted, *_WILD)}


@lru_cache(maxsize=20_000)  # two in three pieces of evidence were seen before
def confidence(seen: Evidence) -> float:
    """The probability that span and speaker are right, rounded to hundredths."""
    weights = _weights()
    total = weights.get("bias", 0.0) + sum(weights.get(each, 0.0) for each in seen)
    chance = 1 / (1 + math.exp(-total))
    if "frame neighbour" in seen:
        return _BESIDE
    if chance < 0.5:  # what the model all but rules out is right two times in five all the same
        chance = _LEAST + (1 - 2 * _LEAST) * chance
    if "doubt known rival" in seen:
        chance = min(chance, _RIVALLED)
    return round(chance if "via none" not in seen else min(chance, _UNATTRIBUTED), 2)


RULES = {
    "name": "named there",
    "surname": "a short form of the name",
    "pronoun": "a pronoun for the person nearest who fits it",
    "role": "a role or a description that fits one person named before",
    "relative": "a relative pronoun for the phrase before it",
    "possessive": "somebody's words, which speak for their owner",
    "answer": "the one person named before the questions of the interview",
    "follows": "the speaker of the quotation in the paragraph before",
    "introduced": "the subject of the sentence before",
    "dialogue": "the speaker of the line of dialogue before",
    "dropped": "who spoke last, as the verb has no subject of its own",
    "neighbour": "the name nearest to the quotation; the language has no rules of its own",
    "unnamed": "nobody who is named",
}
"""Every rule that a link of a chain can have, with what it means."""


def reason(quote: Quote) -> str:
    """Why this speaker: each step of the chain, "“he”: a pronoun for …; “Jo Doe”: named there"."""
    if not quote.chain:
        return "nobody is given as the speaker"
    return "; ".join(f"“{link.span.text}”: {RULES[link.rule]}" for link in quote.chain)

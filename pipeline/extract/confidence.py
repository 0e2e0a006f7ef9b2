"""How sure we are of a quote: a logistic model over what was seen, with weights in `confidence.toml`.

The weights are fitted by `python -m tests.bench.calibrate` on the project's own gold set and on nothing else.
"""

import math
import tomllib
from functools import cache, lru_cache
from importlib.resources import files

from pipeline.extract.drafts import Draft
from pipeline.extract.speakers import Resolved
from pipeline.model import QuoteKind

ALERT_THRESHOLD = 0.89
"""An alert should want at least this. `python -m tests.bench.extraction` prints what it keeps, and how right that
is."""

# By which the odds of being right are less in the wild than in the tidy articles of the gold set: little where marks
# show what was said, more where grammar alone does, and where a reader too would hesitate: a pronoun with rivals, one
# surname for two, several reports in a sentence, a scrap of words. Judged, not fitted.
_WILD = {
    "kind direct": 1.2,
    "kind mixed": 2.0,
    "kind indirect": 2.9,
    "via nested": 4.0,
    "margin wide": 1.5,
    "margin middling": 1.5,
    "margin narrow": 1.5,
    "speaker role+name": 1.5,
    "speaker role+surname": 1.5,
    "doubt rivals 2": 2.0,
    "doubt rivals 3": 2.0,
    "doubt another spoke last": 1.5,
    "doubt namesakes": 2.0,
    "doubt speaks of itself": 2.0,
    "company 2": 1.3,
    "company 3": 1.3,
    "length short": 1.5,
    "modality hypothetical": 2.0,
}
_LEAST = 0.4
_UNATTRIBUTED = 0.7  # at most, for a quotation that no words of its own give to anybody: it shall alert nobody
_BESIDE = 0.3  # for a name that stands beside a quotation in a language without a file

Evidence = tuple[str, ...]

_SHORT, _LONG = 4, 60  # words
_SENTENCE = 12  # tokens of one step of a sentence's length


def evidence(draft: Draft, kind: QuoteKind, resolved: Resolved, words: int, sentence: int) -> Evidence:
    """What speaks for or against the quote, each a key of the model; `words` and `sentence` are lengths."""
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
    seen.append(f"company {min(draft.company, 3)}")
    seen.append(f"sentence {min(sentence // _SENTENCE, 4)}")
    if attribution is not None and attribution.speaker is not None:
        seen.append(f"subject {min((attribution.speaker[1] - attribution.speaker[0]) // 3, 4)}")
    if words < _SHORT or words > _LONG:
        seen.append("length short" if words < _SHORT else "length long")
    return tuple(seen)


@cache
def _weights() -> dict[str, float]:
    text = (files("pipeline.extract") / "confidence.toml").read_text(encoding="utf-8")
    return {key: float(weight) for key, weight in tomllib.loads(text)["weights"].items()}


@lru_cache(maxsize=20_000)  # two in three pieces of evidence were seen before
def confidence(seen: Evidence) -> float:
    """The probability that span and speaker are right, rounded to hundredths."""
    weights = _weights()
    total = weights.get("bias", 0.0) + sum(weights.get(each, 0.0) for each in seen)
    wild = math.prod(_WILD.get(each, 1.0) for each in seen)
    chance = 1 / (1 + wild * math.exp(-total))
    if "frame neighbour" in seen:
        return _BESIDE
    if chance < 0.5:  # what the model all but rules out is right two times in five all the same
        chance = _LEAST + (1 - 2 * _LEAST) * chance
    return round(chance if "via none" not in seen else min(chance, _UNATTRIBUTED), 2)

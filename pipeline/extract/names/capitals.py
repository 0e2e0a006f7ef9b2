"""Names among the capitalised words of a language that writes every noun with a capital letter."""

from collections.abc import Sequence
from dataclasses import replace

from pipeline.extract.lexicon import Form, Language, Word
from pipeline.extract.names.name_spans import NameSpan
from pipeline.extract.text.tokens import WORD, Tokens

_DETERMINING = Word.DETERMINER | Word.POSSESSIVE

_WITH_NOUN = 3  # words of a name of two with the noun that says what its bearer is

_ACRONYM = 2  # letters of the shortest


def proper(found: Sequence[NameSpan], tokens: Tokens, language: Language) -> list[NameSpan]:
    """The runs that are names, without the common nouns before them; runs of common nouns are left out."""
    several = [_without_nouns(run, tokens, language) for run in found if _is_several(run, tokens, language)]
    known = {word for run in several for word in (run.words[0], run.words[-1])}
    single = [run for run in found if len(run.words) == 1]
    common = {run.words[0] for run in single if _is_determined(run, tokens)}
    inside = [run for run in single if not run.opens_sentence]
    spoken = {run.words[0] for run in inside if _is_beside_cue(run, tokens, language)} - common
    chosen = [run for run in single if _is_name(run, tokens, language, known | spoken)]
    return sorted([*several, *chosen], key=lambda run: run.start)


def _is_several(run: NameSpan, tokens: Tokens, language: Language) -> bool:
    """Whether the run is of several words that no article parts: "Paul von der Heide", not "Leiter der Werft"."""
    grammar, particles = language.grammar, language.name_words("particles")
    parted = grammar is not None and any(
        tokens.low[i] in grammar.genitives and tokens.low[i - 1] not in particles for i in range(run.start, run.end)
    )
    return len(run.words) > 1 and not parted


def _without_nouns(run: NameSpan, tokens: Tokens, language: Language) -> NameSpan:
    """The run from its given name on, or without the noun that an article makes of its first word."""
    words = run.words
    cut = next((i for i, word in enumerate(words[:-1]) if word in language.given_names), 0)
    if not cut and len(words) > 2 and "." not in tokens.low[run.start : run.end] and _is_determined(run, tokens):
        cut = 1
    if not cut and len(words) == _WITH_NOUN and words[0] not in language.given_names and _is_plain(run, language):
        cut = 1
    if not cut or run.start + cut >= run.end or tokens.low[run.start + cut] != words[cut]:
        return run
    titles = (*run.titles, *words[:cut])
    return replace(run, start=run.start + cut, words=words[cut:], titles=titles, opens_sentence=False)


def _is_plain(run: NameSpan, language: Language) -> bool:
    """Whether the run holds neither particles nor initials, and ends in no organisation's word."""
    particles = language.name_words("particles") | {"."}
    return particles.isdisjoint(run.words) and run.words[-1] not in language.name_words("organisation")


def _is_determined(run: NameSpan, tokens: Tokens) -> bool:
    """Whether an article, or an adjective after one, stands before the run."""
    before = run.run - 1
    if before < 0 or tokens.kinds[before] != WORD:
        return False
    if tokens.classes[before] & _DETERMINING:
        return True
    small = not tokens.capital[before] and not tokens.classes[before]
    return small and before > 0 and bool(tokens.classes[before - 1] & _DETERMINING)


def _is_beside_cue(run: NameSpan, tokens: Tokens, language: Language) -> bool:
    """Whether a reporting verb stands beside the word: "sagte Merz", "Merz sagte"."""
    for at in (run.start - 1, run.end):
        cue = language.cues.get(tokens.low[at]) if 0 <= at < len(tokens) else None
        if cue is not None and cue.form & Form.PAST and not tokens.capital[at]:
            return not tokens.classes[run.start] & (Word.COLLECTIVE | Word.ROLE | Word.TITLE)
    return False


def _is_name(run: NameSpan, tokens: Tokens, language: Language, known: set[str]) -> bool:
    """Whether a word alone is a name: short for a longer one, an acronym, or used like one in the article."""
    word = tokens.words(run.start, run.end)
    shouted = len(word) >= _ACRONYM and word.isupper()
    return shouted or bool(run.titles) or (run.words[0] in known and not _is_determined(run, tokens))

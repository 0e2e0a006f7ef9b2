"""Names among the runs of capitalised words in a language that capitalises every noun, as German does."""

from collections.abc import Collection, Sequence
from dataclasses import replace

from pipeline.extract.lexicon import Form, Language, Word
from pipeline.extract.names.name_spans import NameSpan
from pipeline.extract.text.tokens import WORD, Tokens

_DETERMINING = Word.DETERMINER | Word.POSSESSIVE

_PLAIN_NAME = 2  # words of a given name and a surname

_WITH_NOUN = 3  # words of a name of two with the noun that says what its bearer is

_ACRONYM = 2  # letters of the shortest


def proper(runs: Sequence[NameSpan], tokens: Tokens, language: Language) -> list[NameSpan]:
    """The runs that are names, without the common nouns before them; runs of common nouns are left out."""
    several = [_without_nouns(run, tokens, language) for run in runs if _is_several(run, tokens, language)]
    several = [run for run in several if tokens.capital[run.start]]  # "Weitergabe | von Geldern"
    surnames = {run.words[-1] for run in several if run.words[0] in language.given_names}
    several = [_without_noun_after(run, surnames, language) for run in several if not _is_noun_of(run, language)]
    known = {word for run in several for word in (run.words[0], run.words[-1])}
    single = [run for run in runs if len(run.words) == 1]
    common = {run.words[0] for run in single if _is_determined(run, tokens)}
    inside = [run for run in single if not run.opens_sentence]
    spoken = {run.words[0] for run in inside if _is_beside_cue(run, tokens, language)} - common
    chosen = [run for run in single if _is_name(run, tokens, language, known | spoken)]
    return sorted([*several, *chosen], key=lambda run: run.start)


def _is_noun_of(run: NameSpan, language: Language) -> bool:
    """Return whether the run is a noun with "von": "Sturz von Abel". In a name, a given name precedes "von"."""
    grammar, particles = language.grammar, language.names["particles"]
    capitals = grammar is not None and grammar.noun_capitals and not run.titles
    return capitals and len(run.words) > 1 and run.words[1] in particles and run.words[0] not in language.given_names


def _without_noun_after(run: NameSpan, surnames: Collection[str], language: Language) -> NameSpan:
    """The surname alone where a noun follows it: "auf die | Abel | Bezug nahm"."""
    first, *rest = run.words
    if len(rest) != 1 or first not in surnames or first in language.given_names or rest[0] in surnames:
        return run
    return replace(run, end=run.start + 1, words=(first,))


def _is_several(run: NameSpan, tokens: Tokens, language: Language) -> bool:
    """Return whether the run has several words and no article inside: "Paul von der Heide", not "Leiter der Werft"."""
    grammar, particles = language.grammar, language.names["particles"]
    parted = grammar is not None and any(
        tokens.low[i] in grammar.genitives and tokens.low[i - 1] not in particles for i in range(run.start, run.end)
    )
    return len(run.words) > 1 and not parted


def _without_nouns(run: NameSpan, tokens: Tokens, language: Language) -> NameSpan:
    """The run from its given name on, or without the noun that an article makes of its first word."""
    words = run.words
    cut = next((i for i, word in enumerate(words[:-1]) if word in language.given_names), 0)
    if cut and _may_be_given(run, tokens):
        return run
    if not cut and len(words) == _PLAIN_NAME and _is_noun_and_name(run, tokens, language):
        cut = 1
    if not cut and len(words) > 2 and "." not in tokens.low[run.start : run.end] and _is_determined(run, tokens):
        cut = 1
    if not cut and len(words) == _WITH_NOUN and words[0] not in language.given_names and _is_plain(run, language):
        cut = 1
    if not cut or run.start + cut >= run.end or tokens.low[run.start + cut] != words[cut]:
        return run
    titles = (*run.titles, *words[:cut])
    return replace(run, start=run.start + cut, words=words[cut:], titles=titles, opens_sentence=False)


def _may_be_given(run: NameSpan, tokens: Tokens) -> bool:
    """Return whether no sign makes the first word a noun: "Aurelie Taylor Brun", not "die Bäckerin Taylor Brun"."""
    before = run.run - 1
    free = before < 0 or tokens.kinds[before] != WORD or bool(tokens.classes[before] & Word.PREPOSITION)
    return free and not run.titles and run.start == run.run and len(run.words) == _WITH_NOUN


def _is_noun_and_name(run: NameSpan, tokens: Tokens, language: Language) -> bool:
    """Return whether the run is what somebody or something is, and its name: "Mann Abel", "die Plattform Veldo"."""
    first, grammar = run.words[0], language.grammar
    if grammar is None or first in language.given_names or first in language.names["organisation"]:
        return False
    if first in language.names["people"] or first in language.names["kin"]:
        return True
    adjective = first.endswith(grammar.adjective_endings) and "-" not in first
    return _is_determined(run, tokens) and bool(grammar.adjective_endings) and not (adjective or run.titles)


def _is_plain(run: NameSpan, language: Language) -> bool:
    """Return whether the run holds neither particles nor initials, and ends in no organisation's word."""
    particles = language.names["particles"] | {"."}
    return particles.isdisjoint(run.words) and run.words[-1] not in language.names["organisation"]


def _is_determined(run: NameSpan, tokens: Tokens) -> bool:
    """Return whether an article, or an adjective after one, stands before the run."""
    before = run.run - 1
    if before < 0 or tokens.kinds[before] != WORD:
        return False
    if tokens.classes[before] & _DETERMINING:
        return True
    small = not tokens.capital[before] and not tokens.classes[before]
    return small and before > 0 and bool(tokens.classes[before - 1] & _DETERMINING)


def _is_beside_cue(run: NameSpan, tokens: Tokens, language: Language) -> bool:
    """Return whether a reporting verb stands beside the word: "sagte Merz", "Merz sagte"."""
    for at in (run.start - 1, run.end):
        cue = language.cues.get(tokens.low[at]) if 0 <= at < len(tokens) else None
        if cue is not None and cue.form & Form.PAST and not tokens.capital[at]:
            return not tokens.classes[run.start] & (Word.COLLECTIVE | Word.ROLE | Word.TITLE)
    return False


def _is_name(run: NameSpan, tokens: Tokens, language: Language, known: set[str]) -> bool:
    """Return whether a word alone is a name: short for a longer one, an acronym, or used like one in the article."""
    word = tokens.words(run.start, run.end)
    shouted = len(word) >= _ACRONYM and word.isupper()
    office_of = run.start > 0 and bool(tokens.classes[run.start - 1] & Word.ARTICLE)  # "Sprecher der Gruppe"
    return (
        shouted or (bool(run.titles) and not office_of) or (run.words[0] in known and not _is_determined(run, tokens))
    )

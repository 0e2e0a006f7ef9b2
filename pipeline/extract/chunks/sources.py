"""Sources that no verb names: "laut Doe", "nach Angaben der Polizei", "Berichten zufolge", ", so Doe"."""

from pipeline.extract.chunks import contents
from pipeline.extract.chunks.clause import Clauses
from pipeline.extract.chunks.phrases import phrase
from pipeline.extract.frames.sentence_parse import Attribution
from pipeline.extract.lexicon import Word
from pipeline.extract.text.phrases import Range
from pipeline.extract.text.tokens import COMMA, WORD

_OWNER = 2  # words of "ihrer Meinung nach" before the preposition

_LEFT = 8  # tokens before a postposition


def by_source(clauses: Clauses, at: int) -> Attribution | None:
    """The attribution whose source is named by the phrase at `at`, if one is."""
    found = _source(clauses, at)
    if found is None:
        return None
    start, end, speaker = found
    if _is_subordinate(clauses, clauses.clause_start(start)):
        return None
    parts = contents.around(clauses, start, end)
    if not parts:
        return None
    lemma = clauses.tokens.words(at, at + 1).lower()
    return Attribution(clauses.number, (at, at + 1), speaker, "according", parts, "around", "asserted", lemma)


def _is_subordinate(clauses: Clauses, at: int) -> bool:
    """Whether a relative or another dependent clause begins at `at`, after a comma."""
    return clauses.kind(at - 1) == COMMA and clauses.is_(at, Word.RELATIVE | Word.SUBORDINATOR)


def _source(clauses: Clauses, at: int) -> tuple[int, int, Range] | None:
    """Where the source's phrase begins and ends, and who it names."""
    grammar, low = clauses.grammar, clauses.low(at)
    if length := _listed(clauses, at):
        who = phrase(clauses, at + length, clauses.end)
        return (at, who[1], who) if who else None
    if low in grammar.opinions and at == clauses.start:
        return _opinion(clauses, at)
    if low in grammar.source_prepositions:
        found = _by_noun(clauses, at)
        if found is not None:
            return found
    if low in grammar.source_afters and clauses.low(at - 1) in grammar.sources:
        return _owned(clauses, at)
    if low in grammar.postpositions:
        return _before(clauses, at)
    return _inserted(clauses, at) if low in grammar.inserted else None


def _inserted(clauses: Clauses, at: int) -> tuple[int, int, Range] | None:
    """ ", so Doe"."""
    if clauses.kind(at - 1) != COMMA and at not in clauses.closing:
        return None
    who = phrase(clauses, at + 1, clauses.end)
    if who is None or clauses.is_finite(who[1]):
        return None
    return at - (clauses.kind(at - 1) == COMMA), who[1], who


def _opinion(clauses: Clauses, at: int) -> tuple[int, int, Range] | None:
    """ "Pour Doe, …": a person in whose view the sentence holds."""
    who = phrase(clauses, at + 1, clauses.end)
    return (at, who[1], who) if who and clauses.is_person(who) and clauses.kind(who[1]) == COMMA else None


def _listed(clauses: Clauses, at: int) -> int:
    """The length of the listed phrase at `at`; 0 if none is there."""
    for words in clauses.language.phrases:
        if clauses.low(at) == words[0] and tuple(clauses.tokens.low[at : at + len(words)]) == words:
            return len(words)
    return 0


def _by_noun(clauses: Clauses, at: int) -> tuple[int, int, Range] | None:
    """ "nach Angaben der Polizei": who follows the noun speaks; without an owner, the source itself does."""
    noun = next((i for i in range(at + 1, at + 4) if clauses.low(i) in clauses.grammar.sources), None)
    if noun is None or any(clauses.kind(i) != WORD for i in range(at + 1, noun)):
        return None
    whole = phrase(clauses, at + 1, clauses.end)
    if whole is None or whole[1] <= noun:
        return None
    owner = phrase(clauses, noun + 1 + clauses.is_(noun + 1, Word.OF), whole[1])
    return at, whole[1], owner if owner and owner[1] == whole[1] else whole


def _owned(clauses: Clauses, at: int) -> tuple[int, int, Range] | None:
    """ "ihrer Meinung nach"."""
    start = at - 1
    while start > clauses.start and at - start <= _OWNER and clauses.is_(start - 1, Word.POSSESSIVE | Word.DETERMINER):
        start -= 1
    return (start, at + 1, (start, at)) if start < at - 1 else None


def _before(clauses: Clauses, at: int) -> tuple[int, int, Range] | None:
    """The phrase that ends before a postposition: "der Polizei zufolge"."""
    for start in range(max(clauses.start, at - _LEFT), at):
        if start > clauses.start and clauses.kind(start - 1) == WORD and not clauses.is_finite(start - 1):
            continue
        found = phrase(clauses, start, at)
        if found is not None and found[1] == at:
            return start, at + 1, found
    return None

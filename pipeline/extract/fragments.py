"""Detection of fragments, which are no statements: a bare noun phrase, a topic, the title of a work, a greeting.

A statement can be read on its own as "somebody said …", "denied …", "called for …".
"""

from collections.abc import Sequence

from pipeline.extract.chunks.verbs import whole_cue
from pipeline.extract.frames.drafts import Draft
from pipeline.extract.frames.sentence_parse import TITLE, Attribution
from pipeline.extract.grammar import Grammar
from pipeline.extract.lexicon import Language, Word
from pipeline.extract.text.phrases import Range
from pipeline.extract.text.tokens import COMMA, MARK, NUMBER, OTHER, STOP, WORD, Tokens
from pipeline.model import QuoteKind

_DEMAND = 3  # words of a noun phrase that says what somebody calls for

_FRAGMENT = 8  # words within marks up to which a quotation without a verb is a fragment

_SENTENCE = 3  # words that are a sentence where a capital letter opens them

_LETTERS = 2  # of the shortest word that is more than a letter

_SMALL = Word.DETERMINER | Word.POSSESSIVE | Word.PREPOSITION | Word.CONJUNCTION | Word.INFINITIVE

_ADDRESS = 2  # words after a greeting: "Good morning, | Ms Doe"

_GAP = Word.RELATIVE | Word.WH

_CLAUSE = 4  # words of a clause whose verb is known by its ending alone

_PREMODIFIER = Word.DETERMINER | Word.POSSESSIVE | Word.PREPOSITION

_UNMARKED = ("around", "before", "quotation", "zero")  # frames in which words without marks are a clause


def is_statement(tokens: Tokens, language: Language, draft: Draft, kind: QuoteKind) -> bool:
    """Return whether the draft can be read on its own as what somebody said."""
    attribution = draft.attribution
    if attribution is None or attribution.via == "label":
        return not _is_pleasantry(tokens, language, draft.parts)
    if kind == "indirect":
        return _reports(tokens, language, draft.parts, attribution, is_unmarked=True)
    inner = [inside for part in draft.parts if (inside := _inside(tokens, part)) is not None]
    if len(inner) == 1 and _names_a_work(tokens, draft.parts[0], inner[0]):
        return False
    unmarked = kind == "mixed"
    full = _is_said_in_full(tokens, inner)
    return full or _reports(tokens, language, draft.parts, attribution, is_unmarked=unmarked)


def _is_pleasantry(tokens: Tokens, language: Language, parts: Sequence[Range]) -> bool:
    """Return whether somebody only greets or thanks: "Good morning, Jo. Yes.", "Thank you for having me."."""
    polite = 0
    for start, end in parts:
        stops = [at for at in range(start, end) if tokens.kinds[at] == STOP] + [end]
        for first, stop in zip([start, *(at + 1 for at in stops)], stops, strict=False):
            words = [tokens.low[at] for at in range(first, stop) if tokens.kinds[at] == WORD]
            sizes = (size for size in range(len(words), 0, -1) if "_".join(words[:size]) in language.names["polite"])
            size = next(sizes, 0)
            polite += size
            if len(words) - size > (_ADDRESS if size else 1):
                return False
    return polite > 0


def _reports(
    tokens: Tokens,
    language: Language,
    parts: Sequence[Range],
    attribution: Attribution,
    *,
    is_unmarked: bool = False,
) -> bool:
    """Return whether the parts are a statement by the frame in which the reporting verb has them."""
    if _leaves_gap(tokens, language, attribution):
        return False
    if attribution.frame == "wh":
        return attribution.modality == "asked"
    if attribution.frame in ("object", "preposition"):
        return _is_demand(tokens, language, parts, attribution)
    if attribution.frame == "to" and _accuses(tokens, language, parts, attribution):
        return False  # "warf der Stadt vor, Warnungen ignoriert zu haben" is no confession
    whole = attribution.frame in ("as", "like", "to", "that")
    if whole or any(_has_verb(tokens, part) for part in parts) or _words(tokens, parts) > _FRAGMENT:
        return True
    return is_unmarked and attribution.frame in _UNMARKED and any(_may_have_verb(tokens, language, p) for p in parts)


def _accuses(tokens: Tokens, language: Language, parts: Sequence[Range], attribution: Attribution) -> bool:
    """Return whether the verb makes its object, and not the speaker, the subject of an infinitive: "accuse"."""
    if language.grammar is None:
        return False
    start, end = whole_cue(tokens, language, attribution.cue, parts)
    whole = tokens.low[end - 1] + tokens.low[start]  # "vor" and "warf"
    return any(word.startswith(language.grammar.accusations or ("\n",)) for word in (*tokens.low[start:end], whole))


def _leaves_gap(tokens: Tokens, language: Language, attribution: Attribution) -> bool:
    """Return whether the content lacks what stands before the report: "what Doe called “a farce”"."""
    if language.grammar is not None and (attribution.via == "according" or attribution.frame == "before"):
        return False  # "wie Doe mitteilte", "Das sagte Doe"
    start, end = attribution.content[0]
    first = min(attribution.cue[0], attribution.speaker[0]) if attribution.speaker else attribution.cue[0]
    before = first - 2 if first > 1 and tokens.kinds[first - 1] == COMMA else first - 1
    inside = start <= before < end  # "the mill overruled that, she said"
    governs = not inside and attribution.via != "relative" and attribution.frame != "that"
    if governs and _is_relative(tokens, language, before):
        return True
    cue = language.cues.get(attribution.lemma)
    names = cue is not None and "like" in cue.frames and start == attribution.cue[1]
    mocks = attribution.frame == "as" and bool(tokens.classes[attribution.cue[1]] & Word.WH)
    return (names or mocks) and tokens.kinds[start] == MARK and end - start <= TITLE


def _is_relative(tokens: Tokens, language: Language, at: int) -> bool:
    """Return whether the word opens a relative clause: "what", "whom", and "that" unless a report goes before it."""
    classes = tokens.classes[at] if at >= 0 else 0
    if classes & Word.COMPLEMENTISER:
        return at > 0 and tokens.low[at - 1] not in language.reports
    return bool(classes & _GAP) and not classes & (Word.CONDITIONAL | Word.SUBORDINATOR)


def _is_demand(tokens: Tokens, language: Language, parts: Sequence[Range], attribution: Attribution) -> bool:
    """Return whether a noun phrase says what somebody wants, promises or rules out: "called for an early vote"."""
    cue = language.cues.get(attribution.lemma)
    acts = cue is not None and any("act" in frames for frames in (cue.frames, *cue.particles.values()))
    return acts and _words(tokens, parts) >= _DEMAND


def _is_said_in_full(tokens: Tokens, inner: Sequence[Range]) -> bool:
    """Return whether the words within marks are a sentence or have a verb."""
    if not inner:
        return False
    if any(_has_verb(tokens, part) for part in inner):
        return True
    words = _words(tokens, inner)
    opens = tokens.capital[inner[0][0]]
    return words > _FRAGMENT or (opens and (words >= _SENTENCE or _ends_sentence(tokens, inner[-1])))


def _inside(tokens: Tokens, part: Range) -> Range | None:
    """The tokens between the first mark and the last of the part; the part itself where it has none."""
    marks = [i for i in range(*part) if tokens.kinds[i] == MARK and tokens.low[i] not in "'’"]
    if not marks:
        return part
    start = marks[0] + 1
    end = marks[-1] if marks[-1] > marks[0] else part[1]
    return (start, end) if start < end else None


def _names_a_work(tokens: Tokens, part: Range, inner: Range) -> bool:
    """Return whether the part is a work's title, with no verb beside it: "read “The Tale of Two Towns” to children"."""
    beside = ((part[0], inner[0]), (inner[1], part[1]))
    titled = tokens.kinds[part[0]] == MARK or inner == part
    return titled and is_title(tokens, inner) and not any(_has_verb(tokens, rest) for rest in beside)


def is_title(tokens: Tokens, inner: Range) -> bool:
    """Return whether words within marks are a work's title: few, mostly capitalised, and without a sentence mark."""
    start, end = inner
    words = [i for i in range(start, end) if tokens.kinds[i] in (WORD, NUMBER)]
    if not words or end - start > TITLE or tokens.kinds[end - 1] == STOP:
        return False
    named = [i for i in words if tokens.capital[i] or tokens.kinds[i] == NUMBER]
    small = (i for i in words if not tokens.capital[i] and tokens.kinds[i] == WORD)
    return len(named) > 1 and named[0] == words[0] and all(_is_small(tokens, i) for i in small)


def _is_small(tokens: Tokens, at: int) -> bool:
    """Return whether titles write the word small: an article, a preposition, a conjunction, "v"."""
    return len(tokens.low[at]) < _LETTERS or bool(tokens.classes[at] & _SMALL)


def _ends_sentence(tokens: Tokens, inner: Range) -> bool:
    """Return whether a full stop, a question or exclamation mark, or a comma for one, stands last within the marks."""
    return tokens.kinds[inner[1] - 1] in (STOP, COMMA) and inner[1] - inner[0] > 1


def _has_verb(tokens: Tokens, part: Range) -> bool:
    """Return whether a finite verb is among the tokens. Participles after determiners and possessives do not count."""
    for i in range(*part):
        if tokens.classes[i] & Word.VERBAL:
            return True
        if tokens.classes[i] & Word.PASTLIKE and i > part[0] and not tokens.classes[i - 1] & _PREMODIFIER:
            return True
    return False


def _may_have_verb(tokens: Tokens, language: Language, part: Range) -> bool:
    """Return whether a word that no list has may be a finite verb, by its place or by its ending."""
    grammar = language.grammar
    if grammar is None:
        return False
    if grammar.noun_capitals:
        return any(_is_unlisted(tokens, i, part) and _is_no_attribute(tokens, grammar, i, part) for i in range(*part))
    long = _words(tokens, [part]) >= _CLAUSE
    return long and any(_is_unlisted(tokens, i, part) and _ends_as_verb(tokens, grammar, i, part) for i in range(*part))


def _is_unlisted(tokens: Tokens, at: int, part: Range) -> bool:
    """Return whether no list has the word and no capital letter within the part marks it as a noun or a name."""
    capital = tokens.capital[at] and at > part[0]
    return tokens.kinds[at] == WORD and not capital and not tokens.classes[at] & ~Word.VERBAL


def _is_no_attribute(tokens: Tokens, grammar: Grammar, at: int, part: Range) -> bool:
    """Return whether a small word belongs to no noun, where nouns have capitals: "Die Stadt | rechne mit Regen"."""
    low = tokens.low[at]
    if tokens.capital[at] or low.endswith(grammar.nominal_endings):
        return False
    precedes = at + 1 < part[1] and tokens.capital[at + 1]
    follows = at > part[0] and tokens.capital[at - 1] and not tokens.classes[at - 1] & _PREMODIFIER
    return follows or not (precedes and low.endswith(grammar.adjective_endings))


def _ends_as_verb(tokens: Tokens, grammar: Grammar, at: int, part: Range) -> bool:
    """Return whether a word ends as a finite verb, and no article, preposition or "of" beside it makes a noun of it."""
    low = tokens.low[at]
    if not low.endswith(grammar.finite_endings) or low.endswith(grammar.nominal_endings):
        return False
    governed = at > part[0] and tokens.classes[at - 1] & (_PREMODIFIER | Word.ARTICLE | Word.OF)
    return not governed and not (at + 1 < part[1] and tokens.classes[at + 1] & Word.OF)


def _words(tokens: Tokens, parts: Sequence[Range]) -> int:
    """Return how many words and numbers the parts have."""
    return sum(tokens.kinds[i] in (WORD, NUMBER, OTHER) for part in parts for i in range(*part))

"""Names in the article: capitalised runs, put together into one entity for each person, organisation or place."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from pipeline.extract.language import Language, Word
from pipeline.extract.sentences import Sentence
from pipeline.extract.tokens import NUMBER, WORD, Tokens
from pipeline.model import MentionKind

_HEADLINE_SHARE = 0.7  # of a line's longer words are capitalised: a headline in title case, whose runs are no names
_HEADLINE_WORDS = 4
_NAMESAKES = 16  # of one word, so that a hostile text cannot make every look-up long
_CLOSED = (
    Word.DETERMINER
    | Word.POSSESSIVE
    | Word.PRONOUN
    | Word.PREPOSITION
    | Word.SUBORDINATOR
    | Word.CONJUNCTION
    | Word.WH
    | Word.BE
    | Word.HAVE
    | Word.DO
    | Word.NEGATION
    | Word.ADVERB
    | Word.INFINITIVE
    | Word.VERB
)


@dataclass(slots=True)
class Entity:
    """Somebody or something named in the article; what is learned of it is added as the article is read."""

    words: tuple[str, ...]
    name: str
    kind: MentionKind
    gender: str = ""
    actor: str = ""
    disputed: bool = False
    roles: set[str] = field(default_factory=set)
    first: int = -1
    last: int = -1


@dataclass(frozen=True, slots=True)
class Name:
    """Tokens `start` up to `end` name this entity; `run` is where its titles begin."""

    start: int
    end: int
    run: int
    entity: Entity


@dataclass(frozen=True, slots=True)
class _Run:
    start: int
    end: int
    run: int
    words: tuple[str, ...]
    titles: tuple[str, ...]
    opens_sentence: bool
    headline: bool


def _is_headline(tokens: Tokens, sentence: Sentence) -> bool:
    longer = [i for i in range(sentence.start, sentence.end) if tokens.kinds[i] == WORD and len(tokens.low[i]) > 3]
    capital = sum(tokens.capital[i] for i in longer)
    return len(longer) >= _HEADLINE_WORDS and capital >= _HEADLINE_SHARE * len(longer)


def _run_end(tokens: Tokens, language: Language, start: int, end: int) -> int:
    """The end of the run of name words that begins at `start`."""
    particles, organisations = language.name_words("particles"), language.name_words("organisation")
    i = start + 1
    while i < end:
        if tokens.capital[i]:
            if tokens.classes[i] & (Word.TIME | Word.SUBJECT_PRONOUN) or tokens.low[i][0] in "'@#":
                break
            i += 1
        elif (
            (tokens.low[i] == "." and len(tokens.low[i - 1]) == 1 and i + 1 < end and tokens.capital[i + 1])
            or (
                tokens.low[i] == "."
                and tokens.low[i - 1] in language.abbreviations
                and i + 1 < end
                and tokens.capital[i + 1]
            )
            or (tokens.low[i] in particles and _capital_within(tokens, i + 1, min(i + 3, end), particles))
        ):
            i += 1
        elif tokens.low[i] == "&" or (
            tokens.classes[i] & Word.OF and any(w in organisations for w in tokens.low[start:i])
        ):
            if not _capital_within(tokens, i + 1, min(i + 3, end), frozenset(("the",))):
                break
            i += 1 if tokens.capital[i + 1] else 2
        else:
            break
    return i


def _capital_within(tokens: Tokens, start: int, end: int, between: frozenset[str]) -> bool:
    for i in range(start, end):
        if tokens.capital[i]:
            return True
        if tokens.low[i] not in between:
            return False
    return False


def _starts_run(tokens: Tokens, language: Language, i: int, *, first: bool) -> bool:
    if not tokens.capital[i] or tokens.low[i][0] in "'@#":
        return False
    if tokens.classes[i] & (Word.TIME | Word.SUBJECT_PRONOUN):
        return False
    closed = tokens.classes[i] & _CLOSED
    if not closed:
        return True
    # "May said", "Will Smith": a closed word within a sentence is a name only if it is not the usual sort of it.
    return not first and not closed & (Word.DETERMINER | Word.PRONOUN | Word.POSSESSIVE | Word.CONJUNCTION | Word.BE)


def _trim(tokens: Tokens, language: Language, start: int, end: int) -> tuple[int, tuple[str, ...]]:
    """Where the name begins after titles and words that are none, and the titles."""
    titled = [i for i in range(start, end) if tokens.classes[i] & Word.TITLE]
    while titled and titled[-1] == end - 1:
        titled.pop()
    begin = titled[-1] + 1 if titled else start
    if begin < end and tokens.low[begin] == ".":
        begin += 1
    not_names = language.name_words("not_names")
    while begin < end - 1 and (tokens.low[begin] in not_names or tokens.classes[begin] & _CLOSED & ~Word.VERB):
        begin += 1
    return begin, tuple(tokens.low[i] for i in titled)


def _runs(tokens: Tokens, language: Language, sentences: list[Sentence]) -> Iterator[_Run]:
    for sentence in sentences:
        headline = _is_headline(tokens, sentence)
        first = True
        i = sentence.start
        while i < sentence.end:
            if tokens.kinds[i] not in (WORD, NUMBER):
                first = first or tokens.low[i] in '.!?:“"'
                i += 1
                continue
            if not _starts_run(tokens, language, i, first=first):
                first = False
                i += 1
                continue
            end = _run_end(tokens, language, i, sentence.end)
            begin, titles = _trim(tokens, language, i, end)
            words = tuple(w for w in tokens.low[begin:end] if w != ".")
            if words and not (len(words) == 1 and tokens.classes[begin] & Word.TITLE):
                yield _Run(begin, end, i, words, titles, first and i == begin, headline)
            first = False
            i = end


def _kind(run: _Run, tokens: Tokens, language: Language) -> MentionKind | None:
    """What the run's own words say it is, if they do."""
    words = run.words
    organisations = language.name_words("organisation")
    if run.titles and len(words) <= 3 and words[-1] not in organisations:
        return "person"
    if any(w in organisations for w in words) or "of" in words:
        return "organisation"
    if words[-1] in language.name_words("place") or " ".join(words) in language.name_words("places"):
        return "place"
    raw = tokens.text[tokens.starts[run.start] : tokens.ends[run.end - 1]]
    if len(words) == 1 and len(raw) > 1 and raw.replace(".", "").isupper():
        return "organisation"
    if words[0] in language.given_names or (len(words) > 1 and len(words) <= 4):
        return "person"
    return None


def _gender(run: _Run, language: Language) -> str:
    for title in reversed(run.titles):
        if language.genders.get(title) in ("male", "female"):
            return language.genders[title]
    return language.given_names.get(run.words[0], "")


class Registry:
    """The entities met so far, by the words that may stand for them."""

    def __init__(self, language: Language) -> None:
        self._by_word: dict[str, list[Entity]] = {}
        self._full: dict[tuple[str, str], Entity] = {}
        self._suffixes = language.name_words("suffixes")

    def key(self, words: tuple[str, ...]) -> str:
        """The surname, or an organisation's last word."""
        core = [w for w in words if w not in self._suffixes]
        return core[-1] if core else words[-1]

    def same(self, words: tuple[str, ...]) -> Entity | None:
        """The entity of this full name, middle names and initials aside."""
        return self._full.get((words[0], self.key(words)))

    def short(self, word: str, gender: str) -> Entity | None:
        """The entity that one word stands for: of that surname or first name, the one named last so far."""
        known = self._by_word.get(word, ())
        candidates = [e for e in known if not gender or not e.gender or e.gender == gender]
        return max(candidates, key=lambda e: e.last, default=None)

    def add(self, entity: Entity) -> None:
        """Make it known by its last and first words."""
        key = self.key(entity.words)
        self._full[entity.words[0], key] = entity
        for word in {key, entity.words[0]} if entity.kind == "person" else {key}:
            known = self._by_word.setdefault(word, [])
            if len(known) < _NAMESAKES:
                known.append(entity)


def names(tokens: Tokens, language: Language, sentences: list[Sentence]) -> list[Name]:
    """Every name of the article in order, the short forms joined with the full ones."""
    runs = list(_runs(tokens, language, sentences))
    small = {w for w, capital in zip(tokens.low, tokens.capital, strict=True) if not capital}
    registry = Registry(language)
    found: list[Name] = []
    for run in runs:
        if len(run.words) > 1 and not run.headline:
            _full(run, tokens, language, registry)
    for run in runs:
        entity = _resolve(run, tokens, language, registry, small)
        if entity is not None:
            entity.first = run.start if entity.first < 0 else entity.first
            entity.last = run.start
            found.append(Name(run.start, run.end, run.run, entity))
    return found


def _full(run: _Run, tokens: Tokens, language: Language, registry: Registry) -> None:
    entity = registry.same(run.words)
    raw = tokens.words(run.start, run.end)
    gender = _gender(run, language)
    if entity is None:
        kind = _kind(run, tokens, language) or "organisation"
        entity = Entity(run.words, raw, kind, gender if kind == "person" else "")
        registry.add(entity)
    elif len(run.words) > len(entity.words):
        entity.name = raw
    entity.gender = entity.gender or (gender if entity.kind == "person" else "")
    entity.roles.update(run.titles)


def _resolve(run: _Run, tokens: Tokens, language: Language, registry: Registry, small: set[str]) -> Entity | None:
    if len(run.words) > 1:
        entity = registry.same(run.words)
        if entity is not None:
            return entity
        return None if run.headline else registry.short(registry.key(run.words), "")
    word = run.words[0]
    gender = _gender(run, language) if run.titles else ""
    entity = registry.short(word, gender)
    if entity is not None:
        entity.roles.update(run.titles)
        entity.gender = entity.gender or gender
        return entity
    if word in language.name_words("not_names") or run.headline or (run.opens_sentence and word in small):
        return None
    if tokens.classes[run.start] & (Word.COLLECTIVE | Word.MODAL) and run.opens_sentence:
        return None
    kind = _kind(run, tokens, language) or ("organisation" if not run.titles else "person")
    entity = Entity(run.words, tokens.words(run.start, run.end), kind, gender)
    entity.roles.update(run.titles)
    registry.add(entity)
    return entity

"""The registry of an article: one entity for each person, organisation or place, with all its names."""

from collections.abc import Sequence
from itertools import compress
from operator import not_

from pipeline.extract.lexicon import Language, Word
from pipeline.extract.names.entities import (
    Entity,
    Name,
    given_name,
    learn_genders,
    part_offices,
    settle_names,
    spelt,
    stem,
)
from pipeline.extract.names.entity_types import learn_roles, settle
from pipeline.extract.names.name_spans import NameSpan, expansion, runs, with_opening_surnames
from pipeline.extract.names.proper_names import proper
from pipeline.extract.text.sentences import Sentence
from pipeline.extract.text.tokens import Tokens
from pipeline.model import MentionKind

_NAMESAKES = 16  # of one word, so that a hostile text cannot make every look-up long

_LONGEST_PERSON = 4  # words of a name that may be a person's without any other sign of it


def _kind(run: NameSpan, tokens: Tokens, language: Language) -> MentionKind | None:
    """Return what the run's own words say it is, if they do."""
    words = run.words
    organisations = language.names["organisation"]
    if run.titles and len(words) <= 3 and words[-1] not in organisations:
        return "person"
    if _may_be_surname(words, language):
        return None
    of_place = len(words) > 1 and words[-1] in language.names["places"]  # "Petrol de Norland"
    if any(w in organisations for w in words) or "of" in words or (of_place and words[0] not in language.given_names):
        return "organisation"
    if words[-1] in language.names["place"] or " ".join(words) in language.names["places"]:
        return "place"
    raw = tokens.text[tokens.starts[run.start] : tokens.ends[run.end - 1]]
    if len(words) == 1 and len(raw) > 1 and raw.replace(".", "").isupper():
        return "organisation"
    named_after = len(words) > 2 and run.start > 0 and tokens.classes[run.start - 1] & Word.ARTICLE
    return "person" if given_name(words[0], language) and not named_after else None


def _may_be_surname(words: tuple[str, ...], language: Language) -> bool:
    """Return whether a word of places or houses may be a surname: "Mary Church", "Jonah Hill"."""
    if not 1 < len(words) <= _LONGEST_PERSON - 1 or words[-1] not in language.names["surnames"]:
        return False
    lists = [language.names[kind] for kind in ("organisation", "place", "before_places")]
    return not any(word in listed for word in words[:-1] for listed in lists)


def _gender_of_titles(run: NameSpan, language: Language) -> str:
    genders = (language.genders.get(title, "") for title in reversed(run.titles))
    return next((gender for gender in genders if gender in ("male", "female")), "")


def _gender(run: NameSpan, name: tuple[str, ...], language: Language) -> str:
    """Return the gender that the titles or the given name show; the surname of a person may be another's given name."""
    titles = _gender_of_titles(run, language)
    is_surname = len(run.words) == 1 < len(name) and run.words[0] != name[0]
    if titles or is_surname:
        return titles
    if language.grammar is not None and language.grammar.case_endings:
        return language.given_names.get(run.words[0], "")  # an inflected form may be another name
    return language.given_names.get(given_name(run.words[0], language), "")


class Registry:
    """The entities met so far, by the words that may stand for them."""

    def __init__(self, language: Language) -> None:
        self._by_word: dict[str, list[Entity]] = {}
        self._full: dict[tuple[str, str], list[Entity]] = {}
        self._initials: dict[str, Entity] = {}
        self._joiners = language.names["joiners"]
        self._suffixes = language.names["suffixes"]
        self._by_middle = language.grammar is not None and language.grammar.double_surnames
        self._endings = language.grammar.case_endings if language.grammar else ()

    @property
    def inflects(self) -> bool:
        """Return whether names have case endings."""
        return bool(self._endings)

    def key(self, words: tuple[str, ...]) -> str:
        """The surname, or an organisation's last word."""
        for word in reversed(words):
            if word not in self._suffixes:
                return stem(word, self._endings)
        return words[-1]

    def same(self, words: tuple[str, ...]) -> Entity | None:
        """The entity of this full name, middle names and initials aside; a son is not his father ("Jr", "Sr")."""
        known = self._full.get((stem(words[0], self._endings), self.key(words)))
        if known is None:
            return None
        suffix = self._suffixes.intersection(words)
        return next((e for e in known if self._suffixes.intersection(e.words) in (suffix, frozenset())), None) or (
            None if suffix else known[0]
        )

    def longer(self, words: tuple[str, ...]) -> Entity | None:
        """The person whose surname the words are: "Sand Moe" of "Julie Sand Moe"."""
        listed = self._by_word.get(self.key(words), ())
        ends = [e for e in listed if e.kind == "person" and e.words[-len(words) :] == words and e.words != words]
        return ends[0] if len(ends) == 1 else None

    def person(self, surname: str) -> Entity | None:
        """The only person of this surname who is known in full."""
        known = [e for e in self._by_word.get(surname, ()) if e.kind == "person" and self.key(e.words) == surname]
        return known[0] if len(known) == 1 else None

    def short(self, word: str, gender: str, titles: Sequence[str] = ()) -> Entity | None:
        """The entity that one word stands for: of that surname before that first name, most named so far."""
        word = stem(word, self._endings)
        listed = self._by_word.get(word)
        if not listed:
            return None
        known = [e for e in listed if not gender or not e.gender or e.gender == gender]
        if len(known) < 2:
            return known[0] if known else None
        known = [e for e in known if e.last >= 0] or known
        surname = [e for e in known if e.kind == "person" and self.key(e.words) == word]
        best = max(surname or known, key=lambda e: (e.last >= 0, e.times, e.last), default=None)
        return next((e for e in surname if e.roles.intersection(titles)), best)

    def alias(self, word: str, entity: Entity) -> None:
        """Register the word, an acronym, for this entity before any other."""
        self._by_word[stem(word, self._endings)] = [entity]

    def initials(self, word: str) -> Entity | None:
        """The entity whose capitalised words begin with the letters of the word."""
        return self._initials.get(word)

    def add(self, entity: Entity, *, by_first: bool = True) -> None:
        """Register the entity under its last word, and a person under the first one too unless `by_first` is false."""
        key = self.key(entity.words)
        first = stem(entity.words[0], self._endings)
        self._full.setdefault((first, key), []).append(entity)
        if len(entity.words) > 1:
            self._initials.setdefault("".join(w[0] for w in entity.words if w not in self._joiners), entity)
        middle = entity.words[1:-1] if self._by_middle else ()
        for word in {key, first, *middle} if by_first and entity.kind == "person" else {key}:
            known = self._by_word.setdefault(word, [])
            if len(known) < _NAMESAKES:
                known.append(entity)


def names(tokens: Tokens, language: Language, sentences: list[Sentence]) -> list[Name]:
    """Every name of the article in order, the short forms joined with the full ones."""
    found_runs = list(runs(tokens, language, sentences))
    if language.grammar is not None and language.grammar.noun_capitals:
        found_runs = proper(found_runs, tokens, language)
    found_runs = with_opening_surnames(found_runs, tokens, language, sentences)
    openers = {run.words[0] for run in found_runs if run.opens_sentence}
    shouted = {run.words[0] for run in found_runs if tokens.words(run.start, run.start + 1).isupper()}
    small = openers.intersection(compress(tokens.low, map(not_, tokens.capital)))
    small |= _unproven(found_runs, tokens, language)
    inside = {word for run in found_runs for word in run.words[run.opens_sentence :]}
    small |= {word for word in openers - inside - shouted if _is_plural(word, language)}  # "Models show"
    registry = Registry(language)
    resolved: list[Name] = []
    for run in sorted(found_runs, key=lambda run: -len(run.words)):  # "Julie Sand Moe" before "Sand Moe"
        if len(run.words) > 1 and not run.headline:
            _full(run, tokens, language, registry)
    for run in found_runs:
        if len(run.words) == 1 and (full := expansion(run, tokens, language)):
            known = registry.same(tuple(tokens.low[full[0] : full[1]]))
            registry.alias(run.words[0], known or _expanded(full, tokens))
    for run in found_runs:
        entity = _resolve(run, tokens, language, registry, small)
        if entity is not None:
            entity.times += 1
            if entity.full is None and len(run.words) >= len(entity.words):
                entity.full = (run.start, run.end)
            entity.last = run.start
            resolved.append(Name(run.start, run.end, run.run, entity))
    settle(tokens, language, resolved)
    learn_genders(tokens, language, resolved)
    learn_roles(tokens, language, resolved)
    part_offices(tokens, language, resolved)
    if registry.inflects:
        settle_names(tokens, language, resolved)
    return resolved


def _unproven(found_runs: Sequence[NameSpan], tokens: Tokens, language: Language) -> set[str]:
    """The words that only ever open sentences, in languages in which a noun can do so without an article."""
    grammar = language.grammar
    if grammar is None or not (grammar.bare_roles or grammar.definite_endings):
        return set()
    single = [run for run in found_runs if len(run.words) == 1 and not run.titles]
    inside = {word for run in found_runs if not run.opens_sentence or len(run.words) > 1 for word in run.words}
    opening = {run.words[0] for run in single if not tokens.words(run.start, run.end).isupper()}
    nouns = opening if grammar.bare_roles else {w for w in opening if w.endswith(grammar.definite_endings)}
    return nouns - inside - language.given_names.keys()


def _entity(run: NameSpan, tokens: Tokens, language: Language) -> Entity:
    kind = _kind(run, tokens, language)
    plausible: MentionKind = "person" if 1 < len(run.words) <= _LONGEST_PERSON else "organisation"
    gender = _gender(run, run.words, language) if (kind or plausible) == "person" else ""
    return Entity(run.words, spelt(tokens, run.start, run.end), kind or plausible, gender, sure=kind is not None)


def _expanded(full: tuple[int, int], tokens: Tokens) -> Entity:
    words = tuple(tokens.low[full[0] : full[1]])
    return Entity(words, spelt(tokens, *full), "organisation", sure=True)


def _full(run: NameSpan, tokens: Tokens, language: Language, registry: Registry) -> None:
    """Register a name of several words, before the short forms are read."""
    entity = _known(run, language, registry)
    if entity is None:
        entity = _entity(run, tokens, language)
        is_thing = not entity.sure and run.start > 0 and bool(tokens.classes[run.start - 1] & Word.ARTICLE)
        registry.add(entity, by_first=not is_thing)  # "Nordlys" is not "the Nordlys Summit Week"
    elif len(run.words) > len(entity.words):
        entity.name = spelt(tokens, run.start, run.end)
    _learn(entity, run, language)


def _known(run: NameSpan, language: Language, registry: Registry) -> Entity | None:
    """The entity of a name of several words: of the same name, or of a longer one that ends in it."""
    known = registry.same(run.words)
    endings = language.grammar.patronymics if language.grammar else ()
    if known is None and len(run.words) > 1 and endings and run.words[-1].endswith(endings):
        return registry.short(run.words[0], "")  # "Lew Petrowitsch", after "Lew Orlow"
    if known is None and all(len(word) == 1 for word in run.words):
        return registry.initials("".join(run.words))  # "J. D." in an interview with Jo Doe
    if known is None and run.words[0] not in language.given_names:
        known = registry.longer(run.words)
    if known is None and run.rank:
        known = registry.person(run.words[1])  # "DCI Doe"
    return known


def _learn(entity: Entity, run: NameSpan, language: Language) -> None:
    if run.titles:
        entity.roles.update(run.titles)
        entity.ties.update(run.ties)
    if entity.kind == "person":
        entity.gender = entity.gender or _gender(run, entity.words, language)
        entity.sure = entity.sure or bool(run.titles)


def _resolve(run: NameSpan, tokens: Tokens, language: Language, registry: Registry, small: set[str]) -> Entity | None:
    """The entity of a run; None for one that is no name."""
    if len(run.words) > 1:
        known = _known(run, language, registry)
        return known or registry.short(registry.key(run.words), "")
    entity = registry.short(run.words[0], _gender_of_titles(run, language), run.titles)
    if tokens.classes[run.start] & Word.TITLE and not run.titles:
        return entity if entity is not None and _is_surname(run, entity, tokens, registry) else None
    if entity is None and tokens.words(run.start, run.end).isupper():
        entity = registry.initials(run.words[0].replace(".", ""))
    if entity is None and _is_name(run, tokens, language, small):
        entity = _entity(run, tokens, language)
        registry.add(entity)
    if entity is not None:
        _learn(entity, run, language)
    return entity


def _is_plural(word: str, language: Language) -> bool:
    """Return whether the word has a plural's ending, and no name's or place's: "models", not "Prentiss", "Texas"."""
    ending = language.plural_suffix
    if not ending or word in language.names["places"] or word in language.given_names:
        return False
    letters = word[:-1].replace("-", "")
    return word.endswith(ending) and letters.isalpha() and letters[-1] not in "suia"


def _is_surname(run: NameSpan, entity: Entity, tokens: Tokens, registry: Registry) -> bool:
    """Return whether a title is somebody's surname here: "King", after "Marius King"."""
    article = run.start > 0 and tokens.classes[run.start - 1] & Word.DETERMINER
    return not article and entity.kind == "person" and registry.key(entity.words) == run.words[0]


def _is_name(run: NameSpan, tokens: Tokens, language: Language, small: set[str]) -> bool:
    """Return whether a single capitalised word that stands for nobody known is a name."""
    word = run.words[0]
    if run.headline or len(word) == 1 or word in language.names["not_names"]:
        return False
    common = word in small or tokens.classes[run.start] & (Word.COLLECTIVE | Word.MODAL)
    return not (run.opens_sentence and common)

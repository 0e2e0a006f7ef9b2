"""The words of a language, read from its file into tables for looking up word by word."""

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any, Final

from pipeline.extract.grammar import Grammar, forms, grammar
from pipeline.extract.templates import Templates, templates
from pipeline.languages import text_of


class Word:
    """The closed classes a word can belong to, as bits; the keys of the file's [words], [titles] and [roles].

    VERBAL, which is no key, is for what can only be a verb form: an auxiliary, a listed verb, a cue in the past.
    """

    DETERMINER: Final = 1 << 0
    POSSESSIVE: Final = 1 << 1
    SUBJECT_PRONOUN: Final = 1 << 2
    PRONOUN: Final = 1 << 3
    RELATIVE: Final = 1 << 4
    WH: Final = 1 << 5
    COMPLEMENTISER: Final = 1 << 6
    CONDITIONAL: Final = 1 << 7
    INFINITIVE: Final = 1 << 8
    PREPOSITION: Final = 1 << 9
    OF: Final = 1 << 10
    FOR: Final = 1 << 11
    AS: Final = 1 << 12
    BY: Final = 1 << 13
    BE: Final = 1 << 14
    HAVE: Final = 1 << 15
    DO: Final = 1 << 16
    MODAL: Final = 1 << 17
    NEGATION: Final = 1 << 18
    VERB: Final = 1 << 19
    SUBORDINATOR: Final = 1 << 20
    CONJUNCTION: Final = 1 << 21
    AND: Final = 1 << 22
    BUT: Final = 1 << 23
    ADVERB: Final = 1 << 24
    TIME: Final = 1 << 25
    DAYTIME: Final = 1 << 26
    COLLECTIVE: Final = 1 << 27
    TITLE: Final = 1 << 28
    ROLE: Final = 1 << 29
    MOUTHPIECE: Final = 1 << 30
    PASTLIKE: Final = 1 << 31
    WITH: Final = 1 << 35
    GERUND: Final = 1 << 37
    DATIVE: Final = 1 << 38
    AFTERWARDS: Final = 1 << 36
    CONTRAST: Final = 1 << 34
    ARTICLE: Final = 1 << 33
    NOUN: Final = 1 << 32
    REALISED: Final = 1 << 39
    VERBAL: Final = 1 << 40
    HEARSAY: Final = 1 << 41


AUXILIARY = Word.BE | Word.HAVE | Word.DO | Word.MODAL

FINITE = Word.VERBAL | Word.PASTLIKE


class Form:
    """The inflected form, or forms, that a verb is in, as bits."""

    BASE: Final = 1 << 0
    THIRD: Final = 1 << 1
    PAST: Final = 1 << 2
    PARTICIPLE: Final = 1 << 3
    GERUND: Final = 1 << 4
    ADJECTIVE: Final = 1 << 5  # of what somebody is: "is adamant that"


_NO_WORDS: Final[frozenset[str]] = frozenset()

_CODE = 2  # letters

_NAMES_OF = "en"  # the language whose given names every other one knows too

_PERSONS = ("persons", "people", "kin")  # the lists of [names] with nouns for what somebody is

_SHORTEST_DERIVED = 5  # letters of a word whose ending may class it


@dataclass(frozen=True, slots=True)
class Cue:
    """A reporting verb in one form, with the frames of its file entry ("that", "~for" …)."""

    lemma: str
    form: int
    frames: frozenset[str]
    particles: Mapping[str, frozenset[str]] = field(default_factory=dict)  # the frames with words that follow it


class WordLists(dict[str, frozenset[str]]):
    """Lists of words by their kind; a kind that is not there is empty."""

    def __missing__(self, kind: str) -> frozenset[str]:
        return _NO_WORDS


@dataclass(frozen=True, slots=True, eq=False)
class Language:
    """One language's file, ready for use, every word in lower case; there is one object a language."""

    code: str = ""
    words: Mapping[str, int] = field(default_factory=dict)
    cues: Mapping[str, Cue] = field(default_factory=dict)
    nouns: frozenset[str] = frozenset()
    speech: frozenset[str] = frozenset()
    views: frozenset[tuple[str, str]] = frozenset()  # the first and the last word of "in Doe's view"
    view_openers: frozenset[str] = frozenset()
    view_nouns: frozenset[str] = frozenset()
    heads: frozenset[str] = frozenset()
    short_titles: Mapping[str, str] = field(default_factory=dict)  # abbreviations of titles, and the words in full
    sides: frozenset[str] = frozenset()  # the labels of questions and answers in an interview
    answers: frozenset[str] = frozenset()
    phrases: tuple[tuple[str, ...], ...] = ()
    formulas: tuple[tuple[str, ...], ...] = ()  # with which a request about the source itself begins
    genders: Mapping[str, str] = field(default_factory=dict)
    given_names: dict[str, str] = field(default_factory=dict)
    names: WordLists = field(default_factory=WordLists)  # the lists of [names]
    persons: frozenset[str] = frozenset()  # nouns for what somebody is, relatives among them
    abbreviations: frozenset[str] = frozenset()
    numbering: frozenset[str] = frozenset()  # abbreviations only before a number
    units: frozenset[str] = frozenset()  # abbreviations of measures, before which a number stands
    apostrophe_suffixes: tuple[str, ...] = ()
    negative_suffix: str = ""
    possessive_suffix: str = ""
    plural_suffix: str = ""
    suffixes: tuple[tuple[str, int], ...] = ()
    elisions: tuple[str, ...] = ()  # what stands before an apostrophe and is a word of its own: l', qu'
    enclitics: tuple[str, ...] = ()  # what a hyphen joins to a verb and is a word of its own: -il, -t-elle
    grammar: Grammar | None = None  # of a language that is read by chunks
    templates: Templates | None = None  # of a language that is read by templates
    reports: frozenset[str] = frozenset()  # words at which an attribution may be: cues, nouns, first words of phrases

    def word_class(self, word: str, *, capital: bool = False) -> int:
        """The classes of a word, by its ending where it is not listed."""
        classes = self._listed(word, capital=capital)
        return classes | Word.VERBAL if self._is_verbal(word, classes, capital=capital) else classes

    def _listed(self, word: str, *, capital: bool) -> int:
        known = self.words.get(word)
        if known is not None and capital:
            known &= ~Word.VERB  # "Shook" and "Save" with a capital are names
        if known is None and self.grammar is not None and self._is_title(word, self.grammar):
            return Word.TITLE | Word.ROLE
        if known is not None or capital or len(word) < _SHORTEST_DERIVED:
            return known or 0
        for suffix, word_class in self.suffixes:
            if word.endswith(suffix):
                return word_class
        return 0

    def _is_title(self, word: str, grammar: Grammar) -> bool:
        """Return whether a title is the ending of the word, or follows its prefix: "Landesminister", "ex-maire"."""
        if word.endswith(grammar.title_endings):
            return True
        bare = (
            word.removeprefix(prefix).removeprefix("-") for prefix in grammar.title_prefixes if word.startswith(prefix)
        )
        return any(self.words.get(each, 0) & Word.TITLE for each in bare)

    def _is_verbal(self, word: str, classes: int, *, capital: bool) -> bool:
        if classes & (AUXILIARY | Word.VERB):
            return not (capital and classes & Word.MODAL)
        cue = self.cues.get(word)
        return cue is not None and bool(cue.form & Form.PAST) and not capital


def _inflections(verb: str, irregular: Mapping[str, list[str]], regular: Iterable[Any]) -> list[tuple[str, int]]:
    if verb in irregular:
        third, past, participle, gerund = irregular[verb]
    else:
        cut, third, past, gerund = next(rule[1:] for rule in regular if re.search(rule[0] + "$", verb))
        stem = verb[: len(verb) - cut]
        third, past, gerund = stem + third, stem + past, stem + gerund
        participle = past
    return [
        (verb, Form.BASE),
        (third, Form.THIRD),
        (past, Form.PAST),
        (participle, Form.PARTICIPLE),
        (gerund, Form.GERUND),
    ]


def _cues(content: Mapping[str, Any]) -> dict[str, Cue]:
    frames: dict[str, set[str]] = {}
    particles: dict[str, dict[str, frozenset[str]]] = {}
    for group in content["cues"]:
        named = {*group.get("frames", "").split(), *(f"~{word}" for word in group.get("after", "").split())}
        for verb in group["verbs"].split():
            for particle in group.get("particle", "").split():
                particles.setdefault(verb, {})[particle.replace("_", " ")] = frozenset(named)
            frames.setdefault(verb, set()).update(() if "particle" in group else named)
    irregular = {line.split()[0]: line.split()[1:] for line in content["inflection"]["irregular"]}
    nouns = content["inflection"].get("nouns", "").split()
    cues: dict[str, Cue] = {}
    for verb, verb_frames in frames.items():
        for form, kind in _inflections(verb, irregular, content["inflection"]["regular"]):
            if form in nouns:
                continue
            before = cues.get(form)
            merged = kind | before.form if before and before.lemma == verb else kind
            cues[form] = Cue(verb, merged, frozenset(verb_frames), particles.get(verb, {}))
    for group in content.get("adjectives", []):
        for adjective in group["words"].split():
            cues[adjective] = Cue(adjective, Form.ADJECTIVE, frozenset(group["frames"].split()))
    return cues


def _listed_cues(content: Mapping[str, Any]) -> dict[str, Cue]:
    """The cues of a file that inflects its verbs by paradigm; forms of several verbs take the frames of all."""
    cues: dict[str, Cue] = {}
    for each in forms(content):
        before = cues.get(each.form) or Cue(each.lemma, 0, frozenset())
        kind = before.form | (Form.PAST if each.finite else Form.PARTICIPLE)
        particles = dict(before.particles)
        if each.particle:
            particles[each.particle] = particles.get(each.particle, frozenset()) | each.frames
        frames = before.frames if each.particle else before.frames | each.frames
        cues[each.form] = Cue(before.lemma, kind, frames, particles)
    return cues


def _words(content: Mapping[str, Any]) -> dict[str, int]:
    words: dict[str, int] = {}

    def put(word_class: int, listed: str) -> None:
        for word in listed.split():
            words[word] = words.get(word, 0) | word_class

    for name, listed in content["words"].items():
        put(getattr(Word, name.upper()), listed)
    put(Word.VERB, _plain_verbs(content))
    put(Word.PRONOUN, content["words"].get("subject_pronoun", ""))
    for listed in content["titles"].values():
        put(Word.TITLE, listed)
    put(Word.ROLE, content["roles"]["words"])
    put(Word.MOUTHPIECE, content["roles"].get("mouthpieces", ""))
    return words


def _plain_verbs(content: Mapping[str, Any]) -> str:
    """The bases and third persons of the verbs that the file lists as never nouns."""
    verbs = content.get("inflection", {}).get("plain", "").split()
    rules = content["inflection"]["regular"] if verbs else ()
    return " ".join(form for verb in verbs for form, _ in _inflections(verb, {}, rules)[:2])


def _genders(content: Mapping[str, Any]) -> dict[str, str]:
    genders = {}
    for gender in ("male", "female", "plural", "first", "neuter"):
        listed = content["genders"].get(f"{gender}_pronouns", "") + " " + content["genders"].get(f"{gender}_kin", "")
        genders.update(dict.fromkeys(listed.split(), gender))
        genders.update(dict.fromkeys(content["titles"].get(gender, "").split(), gender))
    return genders


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads(text_of(name, "extract.toml"))


def _file(code: str) -> dict[str, Any] | None:
    """The file of a language; None if it has none."""
    text = text_of(code, "extract.toml") if len(code) == _CODE else ""
    return tomllib.loads(text) if text else None


def _lists(section: Mapping[str, str]) -> WordLists:
    return WordLists({kind: frozenset(listed.split()) for kind, listed in section.items()})


@cache
def endings(language: Language, kind: str) -> tuple[str, ...]:
    """The endings listed in [names] under the kind."""
    return tuple(language.names[kind])


def _any() -> Language:
    """Return what is known of a language without a file: how names are made, and no verb."""
    content = _read("any")
    return Language(
        words=dict.fromkeys(content["titles"]["words"].split(), Word.TITLE),
        names=_lists(content["names"]),
        abbreviations=frozenset(content["abbreviations"]["words"].split()),
    )


def _given_names(genders: Mapping[str, str]) -> dict[str, str]:
    return (
        dict.fromkeys(genders.get("either_names", "").split(), "")
        | dict.fromkeys(genders.get("male_names", "").split(), "male")
        | dict.fromkeys(genders.get("female_names", "").split(), "female")
    )


@cache
def language(code: str) -> Language:
    """The language of an ISO 639-1 code; without a file one that knows no verb and has no code."""
    if not code:
        return _any()
    content = _file(code)
    if content is None:
        return language("")
    if "templates" in content:
        return replace(language(""), templates=templates(content["templates"]))
    names = _given_names(content.get("genders", {}))
    if "grammar" not in content:
        return replace(_language(code, content, _cues(content)), given_names=names)
    built = _language(code, content, _listed_cues(content))
    return replace(
        built,
        given_names=names | {k: v for k, v in language(_NAMES_OF).given_names.items() if k not in names},
        grammar=replace(
            grammar(content["grammar"]),
            infinitives=_infinitives(built.cues),
            pointers=tuple(tuple(phrase.split()) for phrase in content["phrases"].get("pointers", ())),
        ),
        abbreviations=built.abbreviations | language("").abbreviations,
        persons=built.persons | _indefinite(built.names["people"], content["grammar"].get("definite_endings", "")),
    )


def _indefinite(nouns: Iterable[str], definite_endings: str) -> frozenset[str]:
    """The nouns without the endings that stand for "the": "revisoren" as "revisor"."""
    pairs = ((noun, ending) for noun in nouns for ending in definite_endings.split())
    return frozenset(noun.removesuffix(ending) for noun, ending in pairs if noun.endswith(ending))


def _infinitives(cues: Mapping[str, Cue]) -> frozenset[str]:
    """The forms that are their verb's infinitive too."""
    return frozenset(form for form, cue in cues.items() if cue.lemma.endswith(form))


def _language(code: str, content: Mapping[str, Any], cues: Mapping[str, Cue]) -> Language:
    """Return what all files have in common; a list that a file leaves out is empty."""
    listed = {name: content.get(name, {}) for name in ("nouns", "phrases", "labels", "roles", "abbreviations", "names")}
    nouns = frozenset(listed["nouns"].get("that", "").split())
    answers = listed["labels"].get("answers", "")
    phrases = tuple(tuple(phrase.split()) for phrase in listed["phrases"].get("according", ()))
    views = [phrase.split() for phrase in listed["phrases"].get("views", ())]
    view_nouns = frozenset(noun for _, _, noun in views)
    return Language(
        code=code,
        words=_words(content),
        cues=cues,
        nouns=nouns,
        views=frozenset((opener, noun) for opener, _, noun in views),
        view_openers=frozenset(opener for opener, _, _ in views),
        view_nouns=view_nouns,
        reports=frozenset((*cues, *nouns, *view_nouns, *(phrase[0] for phrase in phrases))),
        speech=frozenset(listed["nouns"].get("speech", "").split()),
        short_titles=content.get("short_titles", {}),
        sides=frozenset((listed["labels"].get("questions", "") + " " + answers).split()),
        answers=frozenset(answers.split()),
        heads=frozenset(listed["roles"].get("heads", "").split()),
        phrases=phrases,
        formulas=tuple(tuple(phrase.split()) for phrase in listed["phrases"].get("formulas", ())),
        genders=_genders(content),
        names=_lists(listed["names"]),
        persons=frozenset(word for kind in _PERSONS for word in listed["names"].get(kind, "").split()),
        abbreviations=frozenset(listed["abbreviations"].get("words", "").split()),
        numbering=frozenset(listed["abbreviations"].get("numbering", "").split()),
        units=frozenset(listed["abbreviations"].get("units", "").split()),
        apostrophe_suffixes=tuple(content.get("apostrophe_suffixes", "").split()),
        negative_suffix=content.get("negative_suffix", ""),
        possessive_suffix=content.get("possessive_suffix", ""),
        plural_suffix=content.get("plural_suffix", ""),
        elisions=tuple(content.get("elisions", "").split()),
        enclitics=tuple(content.get("enclitics", "").split()),
        suffixes=tuple(
            (suffix, getattr(Word, name.upper()))
            for name, listed_suffixes in content.get("suffixes", {}).items()
            for suffix in listed_suffixes.split()
        ),
    )

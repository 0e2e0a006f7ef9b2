"""The grammar of a language as its file states it: switches, closed lists and the inflection of verbs by paradigm."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any, NamedTuple

_NO_WORDS: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Grammar:
    """The switches of a language that is read by chunks; every key of the file's [grammar] is a field."""

    drops_subject: bool = False  # a verb alone may stand for its subject
    verb_second: bool = False  # the subject follows the verb where something else opens the sentence
    noun_capitals: bool = False  # every noun is capitalised, so a capital letter marks no name
    dialogue: bool = False  # a dash at the start of a paragraph opens direct speech
    dialogue_within: bool = False  # so does one within a paragraph, after a sentence that names somebody
    speech_goes_on: bool = False  # in a line of dialogue, after its narration, without another dash
    ordinals: bool = False  # a full stop after a number makes an ordinal of it
    bare_participles: bool = False  # a participle reports without an auxiliary
    utters: frozenset[str] = _NO_WORDS  # verb forms that only say their object: "vertrat die Auffassung"
    utters_with: frozenset[str] = _NO_WORDS  # prepositions before such a noun: "mit der Begründung"
    compelled: frozenset[str] = _NO_WORDS  # modals before an infinitive that was said: "musste einräumen"
    tolls: frozenset[str] = _NO_WORDS  # nouns for victims, which a disaster "demands"
    hearsay_modals: frozenset[str] = _NO_WORDS  # modals that report with a perfect: "soll gestohlen haben"
    perfects: frozenset[str] = _NO_WORDS  # auxiliaries that end such a perfect
    passives: frozenset[str] = _NO_WORDS  # auxiliaries of the passive
    reported: frozenset[str] = _NO_WORDS  # verb forms that mark reported speech by themselves
    reported_further: frozenset[str] = _NO_WORDS  # forms that mark it only in the sentence after a report
    reported_endings: tuple[str, ...] = ()  # endings of such forms
    genitives: frozenset[str] = _NO_WORDS  # articles that continue a noun phrase
    reflexives: frozenset[str] = _NO_WORDS  # pronouns before "be" that make no passive of a participle
    pointers: tuple[tuple[str, ...], ...] = ()  # words that point back to what the sentence before says
    at_places: frozenset[str] = _NO_WORDS  # prepositions before the office in which plural verbs without a subject say
    plural_verbs: tuple[str, ...] = ()  # endings of such verbs
    plural_pronouns: frozenset[str] = _NO_WORDS  # pronouns of a woman that are plural before such a verb
    genitive_endings: tuple[str, ...] = ()  # endings of adjectives that stand for an article in the genitive plural
    spoken_in: frozenset[str] = _NO_WORDS  # prepositions before the source of an impersonal verb: "hieß es aus"
    adjective_endings: tuple[str, ...] = ()  # endings of adjectives before a noun, where nouns have capitals
    demonstratives: frozenset[str] = _NO_WORDS  # words that stand alone for somebody: "this (man)"
    addressees: frozenset[str] = _NO_WORDS  # words that open the phrase of an addressee
    postpositions: frozenset[str] = _NO_WORDS  # words after the phrase that names a source
    inserted: frozenset[str] = _NO_WORDS  # words between a comma and the speaker of the words before
    opinions: frozenset[str] = _NO_WORDS  # prepositions before somebody in whose view a sentence holds
    accusations: tuple[str, ...] = ()  # beginnings of verbs whose object is the subject of their infinitive
    beliefs: tuple[str, ...] = ()  # beginnings of verbs of believing, which report nothing within speech
    irrealis: frozenset[str] = _NO_WORDS  # verb forms and particles by which a report is only supposed
    irreal_endings: tuple[str, ...] = ()  # endings of such forms
    indicatives: frozenset[str] = _NO_WORDS  # words with such an ending that are none
    hearsay: frozenset[str] = _NO_WORDS  # words beside such a form that make hearsay of it: "aurait déclaré"
    suppositions: tuple[str, ...] = ()  # beginnings of sentences that suppose a report: "stellen sie sich vor"
    gerund_endings: tuple[str, ...] = ()  # endings of a reporting verb that shares the subject of its sentence
    source_cases: tuple[str, ...] = ()  # endings of the words of a source's phrase where no comma ends it
    nominative_endings: tuple[str, ...] = ()  # endings of adjectives before the noun of a subject
    infinitive_endings: tuple[str, ...] = ()  # endings of the infinitive
    as_: frozenset[str] = _NO_WORDS  # words before the report in "as Doe said"
    source_prepositions: frozenset[str] = _NO_WORDS  # prepositions before a noun of `sources`
    source_afters: frozenset[str] = _NO_WORDS  # the same words after a noun of `sources` with an owner
    sources: frozenset[str] = _NO_WORDS  # nouns for what somebody says
    source_endings: tuple[str, ...] = ()  # endings of compounds that are such nouns
    separable: frozenset[str] = _NO_WORDS  # particles that end the clause of the verb that they belong to
    outlets: tuple[str, ...] = ()  # nouns for outlets, or endings of such nouns, before a name in marks
    purposes: frozenset[str] = _NO_WORDS  # words that open an infinitive of purpose
    infixed: tuple[str, ...] = ()  # beginnings of infinitives that hold their particle
    title_endings: tuple[str, ...] = ()  # endings of compounds that are titles
    title_prefixes: tuple[str, ...] = ()  # prefixes that leave a title one: "ex-", "vice"
    infinitives: frozenset[str] = _NO_WORDS  # made from the verbs: forms that may be infinitives
    subjunctive_endings: tuple[str, ...] = ()  # endings of a verb after its subject that mark reported speech
    indicative_endings: tuple[str, ...] = ()  # longer endings that do not
    finite_endings: tuple[str, ...] = ()  # endings of finite verbs, by which an unlisted word may be one
    nominal_endings: tuple[str, ...] = ()  # longer endings of nouns, adjectives and participles that end so
    person_endings: tuple[str, ...] = ()  # endings of nouns for what a person is
    female_endings: tuple[str, ...] = ()  # endings of women's titles
    singular_articles: frozenset[str] = _NO_WORDS  # definite articles of one person
    male_articles: frozenset[str] = _NO_WORDS  # articles before a man's title
    female_articles: frozenset[str] = _NO_WORDS  # articles before a woman's title
    male_verbs: tuple[str, ...] = ()  # endings of verbs of which a man is the subject
    female_verbs: tuple[str, ...] = ()  # endings of verbs of which a woman is the subject
    double_surnames: bool = False  # the word before the last of a name may stand for it
    bare_roles: bool = False  # "mayor" without an article stands for a person named before
    definite_endings: tuple[str, ...] = ()  # endings that make a noun definite
    plural_of_lemma: bool = False  # the infinitive is a finite form too
    patronymics: tuple[str, ...] = ()  # endings of a father's name after a given name
    case_endings: tuple[str, ...] = ()  # endings of inflected names, the longest first
    male_surnames: tuple[str, ...] = ()  # "ending:nominative" of men's surnames
    female_surnames: tuple[str, ...] = ()  # the same of women's


def grammar(section: Mapping[str, Any]) -> Grammar:
    """The grammar of a file's [grammar]; a key that is no field is an error."""
    values: dict[str, Any] = {}
    known = {each.name.rstrip("_"): each for each in fields(Grammar)}
    for key, value in section.items():
        values[known[key].name] = _as_declared(value, known[key].default)
    return Grammar(**values)


def _as_declared(value: Any, default: Any) -> Any:
    """The value of a key in the type of its field: words as a set, endings with the longest first."""
    if isinstance(default, frozenset):
        return frozenset(value.split())
    if isinstance(value, list):
        return tuple(value)
    if isinstance(default, tuple):
        return tuple(sorted(value.split(), key=len, reverse=True))
    return value


class Form(NamedTuple):
    """One form of a verb: whether it is finite, and the particle that stands apart from it."""

    form: str
    lemma: str
    finite: bool
    particle: str
    frames: frozenset[str]


def forms(content: Mapping[str, Any]) -> Iterator[Form]:
    """Every form of the verbs of a file's [[verbs]]; a group lists stems of a paradigm, or forms one by one."""
    paradigms, whole = content.get("paradigms", {}), content["grammar"].get("plural_of_lemma", False)
    for group in content.get("verbs", []):
        frames = frozenset(group["frames"].split())
        for stem in group.get("stems", "").split():
            yield from _of_stem(stem, paradigms[group["paradigm"]], frames)
        for line in group.get("forms", ()):
            lemma, _, listed = line.partition(":")
            infinitive = lemma.strip().rpartition("_")[2] + " " if whole else ""
            yield from _inflected(lemma.strip(), "", infinitive + listed, frames)


def _of_stem(stem: str, paradigm: str, frames: frozenset[str]) -> Iterator[Form]:
    """The forms of a stem, with its particle before "_": "an_kündig"."""
    particle, _, bare = stem.rpartition("_")
    first = paradigm.split(maxsplit=1)[0].replace("*", bare)
    lemma = f"{particle}_{first}" if particle else first
    return _inflected(lemma, bare, paradigm, frames)


def _inflected(lemma: str, stem: str, listed: str, frames: frozenset[str]) -> Iterator[Form]:
    finite, _, participles = listed.partition("/")
    verb, _, second = lemma.partition("+")
    if second:  # "far+sapere": a word that follows the verb in all of its forms
        for is_finite, patterns in ((True, finite), (False, participles)):
            for pattern in patterns.split():
                yield Form(pattern, f"{verb} {second}", is_finite, second, frames)
        return
    particle, _, _ = lemma.rpartition("_")
    name = lemma.replace("_", "")
    for pattern in finite.split():
        form = pattern.replace("*", stem)
        yield Form(form, name, True, particle, frames)
        if particle:
            yield Form(particle + form, name, True, "", frames)
    for pattern in participles.split():
        yield Form(particle + pattern.replace("*", stem), name, False, "", frames)

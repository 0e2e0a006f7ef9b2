"""Stories: articles grouped by the event that they report, and the number of independent sources of each group.

Two articles are as alike as their terms: the stems of their words and, with more weight, the names in them, each of
which counts more the fewer articles have it. Groups are joined while their articles are alike on average, so a chain
of articles that are each a little like the next is not a single story.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from math import log, sqrt
from typing import Any, Final

from pipeline.model import Article, Document
from pipeline.model.query import Hit
from pipeline.text import TextCache, fold, words
from pipeline.text.stems import stem, untagged

# The figures were chosen on the development streams of articles, and give nearly the same on streams of other authors.

_LEAST_ALIKE: Final = 0.07  # cosine, on average of the articles of two groups

_OF_NAME: Final = 3.0  # how much more a name says about an event than another word

_FEWEST: Final = 10  # terms are weighted as among this many articles at least, because no term is rare among two

_SHORT: Final = 3  # letters of words that say nothing about an event

_TITLE: Final = 2  # times that a word of the title counts

_MOST_CHARACTERS: Final = 5_000  # of a text; the event is in its beginning

_MOST_TERMS: Final = 600  # of an article; the beginning of an ordinary one has fewer

_KEPT: Final = 50_000_000  # bytes of subjects

_OF_TERM: Final = 250  # bytes, measured

# A word within a sentence; one that begins a sentence, or follows a quotation mark, is capitalised anyway.
_WITHIN: Final = re.compile(r"(?<=[\w,;)] )[^\W\d_]\w{2,}")


@dataclass(frozen=True, slots=True, eq=False)
class Subject:
    """The weighted terms of an article, and its origin: the agency that wrote it, else the outlet.

    Two subjects are equal only if they are the same object, which is what makes groups of them quick to remember.
    """

    origin: str
    terms: Mapping[str, float]


Subjects = Callable[[str], Subject]
"""The subject of the article with this id."""


@dataclass(frozen=True, slots=True)
class Story:
    """Articles that report the same event: what was said in them, the newest first.

    `shown` are the statements to begin with, and `independent` is the number of origins of the articles.
    """

    hits: tuple[Hit, ...]
    shown: tuple[Hit, ...]
    sources: tuple[str, ...]
    independent: int


def subjects(documents: Callable[[str], Sequence[Document]]) -> Subjects:
    """Return the subjects of stored articles; the subject of a revised article stays that of the text first read."""

    known = TextCache[Subject](_KEPT, lambda known_subject: _OF_TERM * len(known_subject.terms))

    def stored(article_id: str) -> Subject:
        revisions = documents(article_id)
        return subject(revisions[-1].article) if revisions else Subject(article_id, {})

    return lambda article_id: known.get((article_id,), partial(stored, article_id))


def subject(article: Article) -> Subject:
    """Return what the article is about."""
    text = article.text[:_MOST_CHARACTERS]
    counts = Counter(words(article.title) * _TITLE + words(text))
    stems: Counter[str] = Counter()
    for word, count in counts.items():
        if len(word) > _SHORT:
            stems[untagged(stem(word, article.language)) or word] += count
    names = Counter(fold(name) for name in _WITHIN.findall(text) if name[0].isupper())
    terms = {word: _weight(count) for word, count in stems.items()}
    terms |= {f"name {name}": _OF_NAME * _weight(count) for name, count in names.items()}
    heaviest = sorted(terms, key=lambda term: (-terms[term], term))[:_MOST_TERMS]
    return Subject(fold(article.agency or article.source), {term: terms[term] for term in heaviest})


def _weight(count: int) -> float:
    return 1 + log(count)


def stories(hits: Sequence[Hit], subject_of: Subjects, shown: int) -> list[Story]:
    """Return the hits by story, the story of most independent sources first, each with at most `shown` to begin with.

    A statement that changes an earlier one belongs to the story of the earlier one.
    """
    by_article: dict[str, list[Hit]] = {}
    for hit in hits:
        by_article.setdefault(hit.article_id, []).append(hit)
    articles = {hit.id: hit.article_id for hit in hits}
    places = {article_id: place for place, article_id in enumerate(by_article)}
    links = {
        (places[hit.article_id], places[articles[hit.changed_from]]) for hit in hits if hit.changed_from in articles
    }
    of_articles = [subject_of(article_id) for article_id in by_article]
    listed = list(by_article.values())
    gathered = []
    for group in grouped(of_articles, links):
        origins = {of_articles[place].origin for place in group}
        gathered.append(_story([hit for place in group for hit in listed[place]], len(origins), shown))
    return sorted(gathered, key=lambda story: (-story.independent, -len(story.hits)))


def _story(hits: Sequence[Hit], independent: int, shown: int) -> Story:
    sources = tuple(dict.fromkeys(hit.source for hit in hits))
    return Story(tuple(hits), _different(hits)[:shown], sources, independent)


def _different(hits: Iterable[Hit]) -> tuple[Hit, ...]:
    """Return the statements of a story, one of each speaker before a second of anybody."""
    seen: dict[str, int] = {}
    ranked = []
    for hit in hits:
        ranked.append((seen.get(hit.speaker_id, 0), hit))
        seen[hit.speaker_id] = seen.get(hit.speaker_id, 0) + 1
    return tuple(hit for _, hit in sorted(ranked, key=lambda pair: pair[0]))


def grouped(articles: Iterable[Subject], links: Iterable[tuple[int, int]] = ()) -> list[list[int]]:
    """Return the places of the articles by event; places that are linked are of the same event."""
    return [list(group) for group in _grouped(tuple(articles), frozenset(links))]


@lru_cache(maxsize=8)  # the same day or inbox is shown again and again
def _grouped(articles: tuple[Subject, ...], links: frozenset[tuple[int, int]]) -> tuple[tuple[int, ...], ...]:
    if not articles:
        return ()
    import numpy

    likeness = _likeness(articles)
    for place, other in links:
        likeness[place, other] = likeness[other, place] = 1.0
    numpy.fill_diagonal(likeness, -1.0)
    groups = [[place] for place in range(len(articles))]
    while True:
        first, second = sorted(divmod(int(likeness.argmax()), len(articles)))
        if likeness[first, second] < _LEAST_ALIKE:
            return tuple(tuple(sorted(group)) for group in groups if group)
        _join(likeness, groups, first, second)


def _join(likeness: Any, groups: list[list[int]], first: int, second: int) -> None:
    """Move the second group to the first, whose likeness to others becomes the average of both."""
    sizes = len(groups[first]), len(groups[second])
    average = (likeness[first] * sizes[0] + likeness[second] * sizes[1]) / sum(sizes)
    likeness[first], likeness[:, first] = average, average
    likeness[second], likeness[:, second] = -1.0, -1.0
    likeness[first, first] = likeness[first, second] = likeness[second, first] = -1.0
    groups[first] += groups[second]
    groups[second] = []


def _likeness(articles: Sequence[Subject]) -> Any:
    """Return the cosine of each article with each, as a matrix."""
    import numpy

    having = Counter(term for article in articles for term in article.terms)
    among = max(len(articles), _FEWEST) + 1
    columns = {term: column for column, term in enumerate(term for term, count in having.items() if count > 1)}
    rows = numpy.zeros((len(articles), len(columns)), dtype=numpy.float32)
    for row, article in zip(rows, articles, strict=True):
        weights = {term: weight * log(among / having[term]) for term, weight in article.terms.items()}
        length = sqrt(sum(weight * weight for weight in weights.values())) or 1.0
        for term, weight in weights.items():
            if term in columns:
                row[columns[term]] = weight / length
    return rows @ rows.T

"""Whether an article that comes off the log is new, a new revision, a replay or a duplicate."""

from dataclasses import replace

from pipeline.model import Article, Document
from pipeline.ports import Archive, Revision


def revision_before(archive: Archive, article: Article) -> Document | None:
    """The article's revision before this one, as it was read; None where this is the first, which costs nothing."""
    if article.revision == 1:
        return None
    earlier = [known for known in archive.documents(article.id) if known.article.revision < article.revision]
    return earlier[-1] if earlier else None


def last_revision(archive: Archive, article_id: str) -> Article | None:
    """The article as it was read last; None where it is not on the record yet."""
    revisions = archive.documents(article_id)
    return revisions[-1].article if revisions else None


def revise(known: tuple[Revision, ...], article: Article, origin: str) -> tuple[Article | None, tuple[Revision, ...]]:
    """The article with its revision number, or None for a duplicate; and what is known from then on.

    `known` are the article's revisions so far and `origin` is the record it was read from. Content seen in any earlier
    revision is a duplicate, so that two feeds with two versions of one article do not take turns for ever. The record
    that made a revision makes the same one again when it is replayed.
    """
    for revision in known:
        if revision.origin == origin:
            return replace(article, revision=revision.number), known
    digest = article.digest
    if any(revision.digest == digest for revision in known):
        return None, known
    number = known[-1].number + 1 if known else 1
    return replace(article, revision=number), (*known, Revision(digest, number, origin))

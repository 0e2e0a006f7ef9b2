"""Cursors: where a page of results ended, as text that only the same question accepts."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from json import dumps, loads

from pipeline.errors import UsageError
from pipeline.model import content_id
from pipeline.ports import Search


def cursor(search: Search, place: Sequence[int]) -> str:
    """The cursor for the page after this place in the answer to the search."""
    return urlsafe_b64encode(dumps([_question(search), *place]).encode()).decode().rstrip("=")


def place(search: Search, length: int) -> list[int] | None:
    """The place, of so many numbers, in the search's cursor; None at the beginning.

    UsageError for a cursor that is not of this question.
    """
    if not search.cursor:
        return None
    try:
        found = loads(urlsafe_b64decode(search.cursor + "=" * (-len(search.cursor) % 4)))
    except ValueError as error:
        raise _foreign(search) from error
    if not isinstance(found, list) or len(found) != length + 1 or found[0] != _question(search):
        raise _foreign(search)
    if not all(type(number) is int and abs(number) < 2**63 for number in found[1:]):
        raise _foreign(search)
    return found[1:]


def _question(search: Search) -> str:
    return content_id(search.collection, search.order, repr(search.query))[:12]


def _foreign(search: Search) -> UsageError:
    return UsageError(f"cursor {search.cursor[:80]!r} is not of this search")

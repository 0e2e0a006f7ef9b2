"""The doors to the world, each a Protocol of one to three methods whose docstring is its contract.

All doors: a method may raise WorldError for trouble that a later try may mend; then nothing of the call counts as done,
and the caller backs off and repeats it whole. Writing the same thing again changes nothing. `tests/contracts` holds one
suite per door, which every adapter passes.
"""

from pipeline.ports.desk import Desk, Kept, Thing
from pipeline.ports.index import Archive, Collection, Hit, Index, Memory, Order, Page, Revision, Search
from pipeline.ports.log import (
    ALERTS,
    ARTICLES,
    DEAD_LETTERS,
    DECISIONS,
    DOCUMENTS,
    QUOTES,
    Backlog,
    Log,
    Message,
    Record,
    Trim,
)
from pipeline.ports.telling import Deliveries, Dispatch, Notifier, Outbox
from pipeline.ports.work import Clock, Share

__all__ = [
    "ALERTS",
    "ARTICLES",
    "DEAD_LETTERS",
    "DECISIONS",
    "DOCUMENTS",
    "QUOTES",
    "Archive",
    "Backlog",
    "Clock",
    "Collection",
    "Deliveries",
    "Desk",
    "Dispatch",
    "Hit",
    "Index",
    "Kept",
    "Log",
    "Memory",
    "Message",
    "Notifier",
    "Order",
    "Outbox",
    "Page",
    "Record",
    "Revision",
    "Search",
    "Share",
    "Thing",
    "Trim",
]

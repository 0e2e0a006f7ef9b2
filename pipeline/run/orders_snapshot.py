"""The actors and watches of the desk, compiled for the steps: an extractor and a matcher."""

from dataclasses import dataclass

from pipeline.alerts import match as watches
from pipeline.alerts.match import Matcher
from pipeline.extract.compose import extractor
from pipeline.extract.second_opinion import with_parser
from pipeline.model import Actor, Group, Watch
from pipeline.ports import Desk
from pipeline.run.steps import Extractor


@dataclass(frozen=True, slots=True)
class OrdersSnapshot:
    """The extractor and the matcher for a version of the desk."""

    version: tuple[int, ...]
    extractor: Extractor
    match: Matcher


def orders_snapshot(desk: Desk, known: OrdersSnapshot | None, *, parser: bool) -> OrdersSnapshot:
    """Compile the current orders, or return `known` if nothing changed; `parser` adds its second opinion."""
    version = tuple(desk.version(noun) for noun in (Actor, Group, Watch))
    if known and known.version == version:
        return known
    actors = desk.all(Actor)
    return OrdersSnapshot(
        version=version,
        extractor=with_parser(extractor(actors), wanted=parser),
        match=watches.compile(desk.all(Watch), actors, desk.all(Group)),
    )

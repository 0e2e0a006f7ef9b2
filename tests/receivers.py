"""Receivers of deliveries that do what a test wants of them, and a deliverer on fakes that sends to them."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta

from pipeline.model import Alert, Delivery
from pipeline.run.deliver import Deliverer
from pipeline.testing import FakeClock, FakeOutbox
from tests.examples import NOON, alert, delivery

NEAR = "webhook:https://near.example/hook"
FAR = "webhook:https://far.example/hook"


def numbered(number: int) -> Alert:
    return replace(alert(), id=f"alert-{number}", created=NOON + timedelta(seconds=number))


def to(target: str, number: int = 0) -> Delivery:
    return delivery(numbered(number), id=f"{number}-{target}", target=target)


@dataclass
class Receivers:
    """Notifiers for every target: what each was sent, and what it does with it first."""

    does: dict[str, Callable[[Delivery], None]] = field(default_factory=dict)
    accepted: defaultdict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    tried: list[str] = field(default_factory=list)

    def __call__(self, target: str) -> "Receiver":
        return Receiver(self, target)

    def fail(self, target: str, error: Exception) -> None:
        def failing(_: Delivery) -> None:
            raise error

        self.does[target] = failing


@dataclass
class Receiver:
    """One of them."""

    receivers: Receivers
    target: str

    def send(self, delivery: Delivery) -> None:
        self.receivers.tried.append(delivery.id)
        if self.target in self.receivers.does:
            self.receivers.does[self.target](delivery)
        self.receivers.accepted[self.target].append(delivery.alert.id)


@dataclass
class Desk:
    """A deliverer on fakes."""

    clock: FakeClock = field(default_factory=FakeClock)
    outbox: FakeOutbox = field(default_factory=FakeOutbox)
    receivers: Receivers = field(default_factory=Receivers)

    def __post_init__(self) -> None:
        self.tries: list[str] = []
        self.took: list[timedelta] = []
        self.deliverer = Deliverer(
            self.outbox, self.receivers, self.clock, lambda: 0.5, self.tries.append, took=self.took.append
        )

    def put(self, *pending: Delivery) -> None:
        self.outbox.put(pending)

    def of(self, delivery_id: str) -> Delivery:
        return next(each for each in self.outbox.listing() if each.id == delivery_id)

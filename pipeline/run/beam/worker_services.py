"""What the steps of a worker share: the doors, and the extractor and matcher of the orders as they are now."""

import gc
import sys
import time
from collections.abc import Callable
from functools import lru_cache, partial
from threading import Lock
from typing import Final, TypeVar

from connectors.elasticsearch.index import ElasticsearchIndex
from connectors.kafka.reader import KafkaReader
from pipeline.errors import SettingsError, WorldError
from pipeline.ports import Record
from pipeline.run.loop import RepeatedErrorLog
from pipeline.run.orders_snapshot import OrdersSnapshot, orders_snapshot
from pipeline.services import Services, open_services
from pipeline.settings import Settings, load

_TRUSTED_SECONDS: Final = 1.0  # that the orders are taken not to have changed

_LOOK_UP_MS: Final = 5_000

# Seconds of tries at something in the world, before the bundle is given back to the runner. The runner repeats it some
# times, and then ends the job with all that it keeps; at a checkpoint, it waits for ten minutes.
_PATIENCE: Final = 300.0

_LONGEST_PAUSE: Final = 5.0  # seconds between two tries

# How seldom Python looks for cycles that nobody holds (gc.set_threshold). Steps leave few, and to look through all that
# a worker keeps as often as Python does by default costs a third of their work.
_SELDOM: Final = (50_000, 20, 50)

# Seconds until Python lets another thread go on (sys.setswitchinterval): an alert passes through a dozen threads of
# Beam's and of the clients', and at Python's default may wait 5 ms for each, behind what is put into the index.
_TURN: Final = 0.001

_NEEDS_CLUSTER: Final = "profile: the Beam job works in the cluster profile alone"

Answer = TypeVar("Answer")


class WorkerServices:
    """The services of one worker process, with readers of Kafka. Safe to use from several threads."""

    def __init__(self, services: Services) -> None:
        self.services = services
        self._lock = Lock()
        self._orders: OrdersSnapshot | None = None
        self._looked = 0.0

    @property
    def index(self) -> ElasticsearchIndex:
        """The index, which also answers by bucket; SettingsError outside the cluster profile."""
        if not isinstance(self.services.index, ElasticsearchIndex):
            raise SettingsError(_NEEDS_CLUSTER)
        return self.services.index

    def reader(self, topic: str, group: str, gather_ms: int = 0) -> KafkaReader:
        """A reader for one thread, which gets what gathers in so many milliseconds at once; WorldError as it has."""
        if self.services.kafka is None:
            raise SettingsError(_NEEDS_CLUSTER)
        return KafkaReader(self.services.kafka, topic, group, gather_ms)

    def record(self, origin: str) -> Record | None:
        """The record at that place in the log; None where it is not there any more."""
        topic, partition, offset = origin.rsplit("/", 2)
        reader = self.reader(topic, "look-up")
        try:
            found = reader.read({int(partition): int(offset)}, 1, _LOOK_UP_MS)
        finally:
            reader.close()
        return next((record for record in found if record.origin == origin), None)

    def orders(self) -> OrdersSnapshot:
        """The orders, looked at anew every second."""
        with self._lock:
            if self._orders is None or time.monotonic() - self._looked > _TRUSTED_SECONDS:
                look = partial(
                    orders_snapshot, self.services.desk, self._orders, parser=self.services.settings.extract.parser
                )
                self._orders = patiently(look)
                self._looked = time.monotonic()
            return self._orders


_given: list[Settings] = []


def use(settings: Settings) -> None:
    """Let the workers in this process have these settings; those elsewhere read their own, as secrets do not travel."""
    _given[:] = [settings]
    worker_services.cache_clear()


@lru_cache(maxsize=1)
def worker_services() -> WorkerServices:
    """The doors of this process, opened on first use."""
    gc.set_threshold(*_SELDOM)
    sys.setswitchinterval(_TURN)
    return WorkerServices(open_services(_given[0] if _given else load(None, {})))


def patiently(call: Callable[[], Answer]) -> Answer:
    """What the call answers, tried again for _PATIENCE; the last WorldError rises and the runner repeats the bundle."""
    end, pause, trouble = time.monotonic() + _PATIENCE, 0.5, RepeatedErrorLog("job")
    while True:
        try:
            answer = call()
        except WorldError as error:
            if time.monotonic() > end:
                raise
            trouble.failed(error)
            time.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)
        else:
            trouble.succeeded()
            return answer

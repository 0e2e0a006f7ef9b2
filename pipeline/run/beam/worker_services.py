"""The services that the steps of a worker share, with the extractor and matcher of the current actors and watches."""

import gc
import sys
import time
from collections.abc import Callable
from functools import lru_cache, partial
from threading import Lock
from typing import Final, TypeVar

import objsize

from connectors.elasticsearch.index import ElasticsearchIndex
from connectors.kafka.log import KafkaReader
from pipeline.errors import SettingsError, WorldError
from pipeline.ports import Record
from pipeline.run.loop import RepeatedErrorLog
from pipeline.run.steps import OrdersSnapshot, orders_snapshot
from pipeline.services import Services, open_services
from pipeline.settings import Settings, load

_TRUSTED_SECONDS: Final = 1.0  # between two checks for changed actors and watches

_LOOK_UP_MS: Final = 5_000

# Seconds of retries before the bundle fails. The runner repeats a failed bundle a few times and then ends the job with
# its state; a checkpoint waits for ten minutes.
_PATIENCE: Final = 300.0

_LONGEST_PAUSE: Final = 5.0  # seconds between two attempts

# Thresholds of the garbage collector (gc.set_threshold). Steps leave few cycles, and scanning a worker's state as often
# as Python does by default costs a third of the work.
_SELDOM: Final = (50_000, 20, 50)

# Seconds between thread switches (sys.setswitchinterval): an alert passes a dozen threads of Beam and of the clients,
# and with Python's default may wait 5 ms for each of them behind writes to the index.
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
        """Return the index, which can read by bucket. Raises SettingsError outside the cluster profile."""
        if not isinstance(self.services.index, ElasticsearchIndex):
            raise SettingsError(_NEEDS_CLUSTER)
        return self.services.index

    def reader(self, topic: str, group: str, gather_ms: int = 0) -> KafkaReader:
        """Return a reader for a single thread, which collects records for this many milliseconds."""
        if self.services.kafka is None:
            raise SettingsError(_NEEDS_CLUSTER)
        return KafkaReader(self.services.kafka, topic, group, gather_ms)

    def topic(self, name: str) -> str:
        """Return our name of a topic on the brokers."""
        return name.removeprefix(self.services.settings.kafka.prefix)

    def record(self, origin: str) -> Record | None:
        """Return the record at that position in the log; None if it is deleted."""
        topic, partition, offset = origin.rsplit("/", 2)
        reader = self.reader(topic, "look-up")
        try:
            records = reader.read({int(partition): int(offset)}, 1, _LOOK_UP_MS)
        finally:
            reader.close()
        return next((record for record in records if record.origin == origin), None)

    def orders(self) -> OrdersSnapshot:
        """Return the current actors and watches, checked for changes every second."""
        with self._lock:
            if self._orders is None or time.monotonic() - self._looked > _TRUSTED_SECONDS:
                look = partial(
                    orders_snapshot, self.services.desk, self._orders, parser=self.services.settings.extract.parser
                )
                self._orders = patiently(look)
                self._looked = time.monotonic()
            return self._orders


_settings: list[Settings] = []


def use(settings: Settings) -> None:
    """Set the settings of the workers in this process; without it they are those of the file and the variables."""
    _settings[:] = [settings]
    worker_services.cache_clear()


@lru_cache(maxsize=1)
def worker_services() -> WorkerServices:
    """Return the services of this process, opened on first use."""
    tune_process()
    return WorkerServices(open_services(_settings[0] if _settings else load(None, {})))


def tune_process() -> None:
    """Adapt the garbage collector, the switching of threads and Beam's cache of state in this process to the steps.

    Beam measures every value that it caches, and each time reads the globals of all loaded modules to leave out what
    the value shares with them: 0.4 ms with 1,800 modules. Our state is text and bytes, which share nothing.
    """
    gc.set_threshold(*_SELDOM)
    sys.setswitchinterval(_TURN)
    objsize.default_settings.update(exclude_modules_globals=False)


def patiently(call: Callable[[], Answer]) -> Answer:
    """Call with retries for _PATIENCE; the last WorldError is raised, and the runner repeats the bundle."""
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

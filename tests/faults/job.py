"""A job to be killed: works off the log of a file and delivers its alerts, appending their ids to a second file.

`python -m tests.faults.job FILE DELIVERED`; prints "working" when it begins, and ends by itself when all is done.
"""

import os
import random
import sys
from pathlib import Path

from pipeline.model import Delivery
from pipeline.run.deliver import Deliverer
from pipeline.run.local import Pipeline
from pipeline.services import Services, open_services
from pipeline.settings import Settings


class Ledger:
    """A receiver that writes down each delivery it accepts, durably."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def send(self, delivery: Delivery) -> None:
        """Accept it; one write of one line, which a kill leaves whole or out."""
        os.write(self._file, f"{delivery.alert.id} {delivery.id}\n".encode())


def work(services: Services, ledger: Ledger) -> None:
    """Everything from the log to the receiver, until nothing is left."""
    pipeline = Pipeline(services)
    deliverer = Deliverer(services.outbox, lambda _target: ledger, services.clock, random.random)
    while pipeline.step() or deliverer.send_due():
        pass


if __name__ == "__main__":
    file, delivered = (Path(argument) for argument in sys.argv[1:])
    opened = open_services(Settings(file=file))
    print("working", flush=True)
    work(opened, Ledger(delivered))
    opened.close()

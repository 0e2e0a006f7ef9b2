"""The roles of the processes of a cluster, and the servers that each role needs."""

from collections.abc import Collection
from enum import StrEnum
from typing import Final


class Role(StrEnum):
    """A role of a process; on one machine, one process has all roles."""

    POLLER = "poller"
    JOB = "job"
    DELIVERER = "deliverer"
    WEB = "web"


KAFKA: Final = "kafka"

ELASTICSEARCH: Final = "elasticsearch"

FLINK: Final = "flink"

_NEEDS: Final = {
    Role.POLLER: {KAFKA},
    Role.JOB: {KAFKA, ELASTICSEARCH, FLINK},
    Role.DELIVERER: {KAFKA},
    Role.WEB: {KAFKA, ELASTICSEARCH},
}


def needs(roles: Collection[Role]) -> frozenset[str]:
    """Return the servers without which these roles are not ready."""
    return frozenset().union(*(_NEEDS[role] for role in roles))

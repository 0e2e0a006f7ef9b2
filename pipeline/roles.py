"""The roles of processes, the servers that each role needs, and the port of its health checks."""

from collections.abc import Collection
from enum import StrEnum
from typing import Final


class Role(StrEnum):
    """A role of a process; on one machine, one process has all roles."""

    POLLER = "poller"
    JOB = "job"
    DELIVERER = "deliverer"
    WEB = "web"


_PORTS: Final = {Role.WEB: 8414, Role.POLLER: 8415, Role.JOB: 8416, Role.DELIVERER: 8417}


def port_of(roles: Collection[Role]) -> int:
    """Return the port where a process with these roles listens by default, so that processes of a machine differ."""
    return min(_PORTS[role] for role in roles)


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

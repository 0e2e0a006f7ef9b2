"""A process that tells services by Apprise: it may hang, grow and go wherever an address leads it, and be killed.

It says "ready", then answers lines of JSON with lines of JSON. Asked is of an `address`, and to tell something with
`title`, `body` and `private` (whether private addresses are allowed). Answered is an `outcome` ("unknown" for an
address that Apprise does not know, else "known", "accepted", "refused" or "failed"), the service's `name`, and `why`.
"""

import contextlib
import json
import sys
import warnings
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from connectors.http.addresses import is_public

if TYPE_CHECKING:
    from apprise import AppriseAsset

_MEGABYTES: Final = 600

_CONNECTING: Final = frozenset({"socket.connect", "socket.sendto", "socket.sendmsg"})


@dataclass
class _Guard:
    """Refuses connections to what is no public address, unless `private`; `refused` are those of this alert.

    The interpreter itself asks before it connects (PEP 578), whichever library wants it, and after names are resolved.
    """

    private: bool = False
    refused: list[str] = field(default_factory=list)

    def __call__(self, event: str, arguments: tuple[Any, ...]) -> None:
        target = arguments[1] if event in _CONNECTING and not self.private else None
        if isinstance(target, tuple) and not is_public(str(target[0])):
            self.refused.append(str(target[0]))
            raise PermissionError(f"{target[0]} is no public address")


def main() -> None:
    """Answer until there is nothing more to answer."""
    _limit_memory()
    warnings.simplefilter("ignore")  # of modules that Apprise looks at
    from apprise import Apprise, AppriseAsset

    asset = AppriseAsset(
        app_id="On the Record",
        async_mode=False,
        service_timeout=0,  # the process has a limit
        storage_mode="memory",
        http_redirects=False,
    )
    Apprise.instantiate("json://localhost", asset=asset)  # which loads all it knows
    guard = _Guard()
    sys.addaudithook(guard)
    answers, sys.stdout = sys.stdout, sys.stderr  # nothing else is to be taken for an answer
    print("ready", file=answers, flush=True)
    for line in sys.stdin:
        print(json.dumps(_answer(guard, asset, **json.loads(line))), file=answers, flush=True)


def _answer(
    guard: _Guard, asset: "AppriseAsset", address: str, title: str = "", body: str = "", *, private: bool = False
) -> dict[str, str]:
    from apprise import Apprise

    guard.private, guard.refused = private, []
    plugin = Apprise.instantiate(address, asset=asset)
    if plugin is None:
        return {"outcome": "unknown"}
    name = str(plugin.service_name)
    if not body:
        return {"outcome": "known", "name": name}
    plugin.redirects = False  # whatever the address says
    result = Apprise(plugin, asset=asset).notify(body, title=title, body_format="text")
    if result:
        return {"outcome": "accepted", "name": name}
    if guard.refused:
        return {"outcome": "refused", "name": name, "why": f"it is at {guard.refused[0]}, which is no public address"}
    why = [entry.message for entry in result.logs()]
    return {"outcome": "failed", "name": name, "why": why[-1] if why else "it does not say why"}


def _limit_memory() -> None:
    with contextlib.suppress(ImportError, ValueError, OSError):  # not to be had on every system
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (_MEGABYTES * 1_000_000, _MEGABYTES * 1_000_000))


if __name__ == "__main__":
    main()

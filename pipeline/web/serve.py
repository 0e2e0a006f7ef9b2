"""Serving the web application until told to stop."""

import asyncio
import socket
import threading
from collections.abc import Callable, Collection

import uvicorn

from pipeline.errors import SettingsError
from pipeline.run.loop import Role
from pipeline.services import Services
from pipeline.web.api import create
from pipeline.web.connections import Budget, Connection, networks

_LOOK = 0.1  # seconds between looks at `stop`

_GRACE = 5  # seconds for answers under way when told to stop


def serve(
    services: Services,
    stop: threading.Event,
    listening: Callable[[str], None] = lambda address: None,
    roles: Collection[Role] = tuple(Role),
) -> None:
    """Serve, until `stop` is set, what a process with these roles has to show; fit for a thread of its own.

    `listening` is called once with the address, "http://127.0.0.1:8414", where port 0 has become the port taken.
    SettingsError where the address cannot be listened on.
    """
    web, trusted = create(services, roles), services.settings.web.proxies

    class OurConnection(Connection):
        proxies = networks(trusted)

    with _listen(services.settings.web.host, services.settings.web.port) as listener:
        config = uvicorn.Config(
            Budget(web),
            http=OurConnection,
            ws="none",
            forwarded_allow_ips=",".join(trusted),
            log_config=None,
            log_level="critical",  # errors are logged where they are answered
            access_log=False,
            server_header=False,
            lifespan="auto",  # the routes of assistants need theirs
            timeout_graceful_shutdown=_GRACE,
        )
        listening(_address(listener, services.settings.web.host))
        asyncio.run(_serve(uvicorn.Server(config), listener, stop))


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listener = socket.create_server((host, port), family=family, backlog=128)
    except OSError as error:
        raise SettingsError(f"web.port {port} of {host!r} cannot be listened on: {error.strerror}") from error
    # asyncio sets this only on sockets that name TCP as their protocol; without it an answer's body waits 40 ms.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


def _address(listener: socket.socket, host: str) -> str:
    port = listener.getsockname()[1]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


async def _serve(server: uvicorn.Server, listener: socket.socket, stop: threading.Event) -> None:
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    while not (stop.is_set() or serving.done()):
        await asyncio.sleep(_LOOK)
    server.should_exit = True
    await serving

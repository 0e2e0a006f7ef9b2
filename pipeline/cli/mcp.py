"""`onrecord mcp`: the desk as tools for an assistant, over the Model Context Protocol."""

from typing import Annotated

import typer

from pipeline.cli.desk import opened
from pipeline.errors import UsageError


def mcp(
    ctx: typer.Context,
    writes: Annotated[bool, typer.Option("--writes", help="Let the assistant add watches.")] = False,
) -> None:
    """Serve search, statements, articles, actors, alerts and watches to an assistant on standard input and output."""
    try:
        from pipeline.web.assistants import server
    except ModuleNotFoundError as error:
        raise UsageError("onrecord mcp needs the extra `mcp`: pip install 'onrecord[mcp]'") from error
    with opened(ctx) as services:
        server(services, writes=writes).run("stdio")

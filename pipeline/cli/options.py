"""Options that several commands share."""

from typing import Annotated

import typer

Json = Annotated[bool, typer.Option("--json", help="Print JSON, with every field.")]
Replace = Annotated[bool, typer.Option("--replace", help="Replace the one that is there.")]
Limit = Annotated[int, typer.Option(min=1, max=1000, help="Most to print.")]

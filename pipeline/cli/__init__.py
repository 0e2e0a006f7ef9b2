"""The command line, `onrecord`: results on standard output, messages on standard error, a meaningful exit code.

Start-up is fast because modules are imported where they are used: `--help` loads no pipeline.
"""

import os
import sys
from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command in the arguments (None: those of the process) and return the exit code; show no traceback."""
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")  # to look for them reads every package's metadata
    from pipeline.cli.output import guarded
    from pipeline.cli.root import command

    return guarded(lambda: command()(list(sys.argv[1:] if arguments is None else arguments), prog_name="onrecord"))

"""The command line, `onrecord`: data on standard output, messages on standard error, an exit code that means something.

Nothing is imported here that `--help` does not need; each command imports what it works with.
"""

import sys
from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command in the arguments (None: the process's own); its exit code. No error leaves as a traceback."""
    from pipeline.cli.guard import guarded
    from pipeline.cli.root import command

    return guarded(lambda: command()(list(sys.argv[1:] if arguments is None else arguments), prog_name="onrecord"))

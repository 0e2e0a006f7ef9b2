"""What becomes of errors: one line for the user and an exit code, never a traceback."""

import os
import sys
import tempfile
import traceback
from collections.abc import Callable
from functools import cache
from typing import Final

from pipeline.cli.output import say
from pipeline.errors import OnRecordError

UNAVAILABLE: Final = 69  # EX_UNAVAILABLE, sysexits.h

INTERNAL: Final = 70  # EX_SOFTWARE, sysexits.h

UNREAD: Final = 141  # what a shell makes of a program that SIGPIPE ends

# Paragraphs that typer leaves as they are begin with \b.
EXIT_CODES: Final = """\b
Exit codes:
  0    done
  1    done, and something needs a look (doctor, try, feeds check)
  2    the command, an id or a query is wrong
  65   some input could not be read; it is in the dead letters
  69   the file, a disk or a server is not available now
  70   a mistake of ours; the message says where its details are
  78   a setting is wrong
  130  interrupted by Ctrl-C
  141  whoever read the output went away
"""


def guarded(run: Callable[[], object]) -> int:
    """The exit code of the command, with whatever went wrong told in one line."""
    try:
        code = _status(run)
        sys.stdout.flush()
    except BrokenPipeError:
        # What is left in the buffer goes nowhere, so that the interpreter's last flush is quiet too.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return UNREAD
    except OSError as error:
        say(f"onrecord: {error.filename or 'standard output'}: {error.strerror or error}")
        return UNAVAILABLE
    return code


def _status(run: Callable[[], object]) -> int:
    try:
        run()
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 0
    except OnRecordError as error:
        say(f"onrecord: {error}")
        return error.exit_code
    except OSError:
        raise
    except Exception as error:  # a mistake of ours, whatever it is: the user gets one line
        say(f"onrecord: internal error, {type(error).__name__}: {error}; details are in {written(error)}")
        return INTERNAL
    return 0


def written(error: BaseException) -> str:
    """The file that holds the error's traceback; the same file for the same traceback."""
    return _kept("".join(traceback.format_exception(error)))


@cache
def _kept(details: str) -> str:
    with tempfile.NamedTemporaryFile("w", prefix="onrecord-", suffix=".txt", delete=False, encoding="utf-8") as file:
        file.write(details)
    return file.name

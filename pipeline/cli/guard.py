"""Errors of a command become one line for the user and an exit code, never a traceback."""

import os
import sys
import tempfile
import traceback
from collections.abc import Callable
from functools import cache
from typing import Final

from pipeline.cli.output import escape_unencodable, say
from pipeline.errors import OnRecordError

UNAVAILABLE: Final = 69  # EX_UNAVAILABLE, sysexits.h

INTERNAL: Final = 70  # EX_SOFTWARE, sysexits.h

UNREAD: Final = 141  # the exit code that a shell reports for a program ended by SIGPIPE

# typer does not rewrap a paragraph that begins with \b.
EXIT_CODES: Final = """\b
Exit codes:
  0    done
  1    done, and something needs attention (doctor, try, feeds check)
  2    the command, an id or a query is wrong
  65   some input could not be read; it is in the dead letters
  69   the file, a disk or a server is not available now
  70   internal error; the message names a file with the details
  78   a setting is wrong
  130  interrupted by Ctrl-C
  141  the reader of the output went away
"""


def guarded(run: Callable[[], object]) -> int:
    """Run the command and return its exit code; an error becomes one line on standard error."""
    escape_unencodable()
    try:
        code = _status(run)
        sys.stdout.flush()
    except BrokenPipeError:
        # The rest of the buffer goes to the null device, so that the interpreter's last flush does not fail.
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
    except Exception as error:  # our own mistake: the user gets one line
        say(f"onrecord: internal error, {type(error).__name__}: {error}; details are in {written(error)}")
        return INTERNAL
    return 0


def written(error: BaseException) -> str:
    """Write the traceback of the error to a file and return its path; the same traceback has the same file."""
    return _file("".join(traceback.format_exception(error)))


@cache
def _file(details: str) -> str:
    with tempfile.NamedTemporaryFile("w", prefix="onrecord-", suffix=".txt", delete=False, encoding="utf-8") as file:
        file.write(details)
    return file.name

"""The man page and the shell completions, written from the command line itself while a wheel is built."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from typer._completion_shared import get_completion_script

from pipeline import __version__
from pipeline.cli.output import EXIT_CODES
from pipeline.cli.root import command

_ROFF: Final = str.maketrans({"\\": r"\e", "-": r"\-", "'": r"\(aq"})

_NOT_ASCII: Final = re.compile(r"[^\x00-\x7f]")


def completions(places: Mapping[str, str]) -> dict[str, str]:
    """The completion of each shell, by the place where the shell looks for it."""
    return {
        place: get_completion_script(prog_name="onrecord", complete_var="_ONRECORD_COMPLETE", shell=shell) + "\n"
        for shell, place in places.items()
    }


def page() -> str:
    """The man page: every command with its arguments and options."""
    root = command()
    lines = [
        f'.TH ONRECORD 1 "" "On the Record {__version__}" "User Commands"',
        ".SH NAME",
        r"onrecord \- follow the news, keep who said what, and be alerted to what is new",
        ".SH SYNOPSIS",
        r".B onrecord",
        r"[\fIOPTIONS\fR] \fICOMMAND\fR [\fIARGUMENTS\fR]",
        ".SH DESCRIPTION",
        *_text(root.help),
        ".SH OPTIONS",
        *_parameters(root),
        ".SH COMMANDS",
        *_commands(root, "onrecord"),
        ".SH EXIT STATUS",
        *_text(EXIT_CODES),
    ]
    return "\n".join(lines) + "\n"


def _commands(group: Any, path: str) -> Iterator[str]:
    for name, each in sorted(group.commands.items()):
        if hasattr(each, "commands"):
            yield from _commands(each, f"{path} {name}")
            continue
        yield f".SS {_roff(f'{path} {name}')}"
        yield from _text(each.help)
        yield from _parameters(each)


def _parameters(each: Any) -> Iterator[str]:
    for parameter in each.params:
        if getattr(parameter, "hidden", False):
            continue
        is_option = parameter.param_type_name == "option"
        names = ", ".join(rf"\fB{_roff(name)}\fR" for name in [*parameter.opts, *parameter.secondary_opts])
        argument = parameter.metavar or parameter.name.upper()
        value = "" if is_option and parameter.is_flag else rf" \fI{_roff(argument)}\fR"
        yield ".TP"
        yield (names + value) if is_option else rf"\fI{_roff(argument)}\fR"
        yield from _text(parameter.help)


def _text(text: str | None) -> Iterator[str]:
    """The paragraphs of a text. A line that begins with a dot or an apostrophe would be a request of roff."""
    for number, paragraph in enumerate(re.split(r"\n\s*\n", (text or "").strip())):
        if number:
            yield ".PP"
        line = _roff(" ".join(paragraph.split()))
        yield rf"\&{line}" if line.startswith(".") else line


def _roff(text: str) -> str:
    return _NOT_ASCII.sub(lambda match: f"\\[u{ord(match[0]):04X}]", text.translate(_ROFF))

"""The desk of a command: its settings and its open services, from the options before the command, and its ids."""

import json
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import TYPE_CHECKING, Final

import typer

from pipeline.cli.output import one_line
from pipeline.errors import OnRecordError, UsageError

if TYPE_CHECKING:
    from pipeline.ports import Noun
    from pipeline.services import Services
    from pipeline.settings import Settings, SettingValue


@dataclass(frozen=True, slots=True)
class Chosen:
    """The options before the command; None for an option that is absent."""

    config: Path | None = None
    file: Path | None = None

    def values(self) -> "dict[str, SettingValue]":
        """Return the values that file, variables and options set, by key."""
        from pipeline.settings import collect

        return collect(self.config, {} if self.file is None else {"file": self.file}, os.environ)

    def config_file(self) -> Path | None:
        """Return the settings file that is read; None if there is none."""
        from pipeline.settings import DEFAULT_FILE

        return self.config or (DEFAULT_FILE if DEFAULT_FILE.exists() else None)

    def settings(self) -> "Settings":
        """The settings that result from file, variables and options."""
        from pipeline.settings import validate

        return validate(self.values())


def chosen(ctx: typer.Context) -> Chosen:
    """Return the options before the command."""
    options: Chosen = ctx.find_root().obj
    return options


@contextmanager
def opened(ctx: typer.Context, *, new: bool = False) -> "Iterator[Services]":
    """Open the services of the desk for the block. Only a command that fills the desk (`new`) creates its file.

    In the cluster profile there is no file; topics and indexes are created on first use.
    """
    from pipeline.desk import audited
    from pipeline.services import open_services

    options = chosen(ctx)
    settings = options.settings()
    if settings.profile == "embedded" and not settings.file.exists():
        if not new:
            raise UsageError(
                f"file: {settings.file} does not exist yet; `onrecord feeds add` or `onrecord ingest` creates it"
            )
        if "file" not in options.values():
            settings.file.parent.mkdir(parents=True, exist_ok=True)
    services = open_services(settings)
    try:
        yield replace(services, desk=audited(services.desk, f"{_user()}, on the command line", services.clock))
    finally:
        services.close()


def _user() -> str:
    """Return the name of the operating system's user."""
    import getpass

    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user has no name
        return f"user {os.getuid()}"


def known_records(ctx: typer.Context, kind: "type[Noun]") -> "list[Noun]":
    """Return the records of a kind on the desk; none if there is no desk."""
    settings = chosen(ctx).settings()
    if settings.profile == "embedded" and not settings.file.exists():
        return []
    with opened(ctx) as services:
        return services.desk.all(kind)


def save_setting(file: Path, key: str, value: str) -> None:
    """Add a setting to a settings file. UsageError if the file cannot be changed, or takes no further line."""
    import tomllib

    try:
        text = file.read_text("utf-8") if file.exists() else ""
        changed = _with_setting(text, key, value)
        tomllib.loads(changed)
        _replace_privately(file, changed)
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{file} takes no further line by itself: set {key} there by hand") from error
    except (OSError, UnicodeError) as error:
        raise UsageError(f"{file} cannot be changed: {error}") from error


def _with_setting(text: str, key: str, value: str) -> str:
    """Return the text of a settings file with a line in its table, which is added at the end if it is missing."""
    table, _, name = key.partition(".")
    lines, line = text.splitlines(), f"{name} = {json.dumps(value)}"
    header = next((place for place, each in enumerate(lines) if each.split("#")[0].strip() == f"[{table}]"), None)
    if header is None:
        lines += [*([""] if lines else []), f"[{table}]", line]
    else:
        lines.insert(header + 1, line)
    return "\n".join(lines) + "\n"


def _replace_privately(file: Path, text: str) -> None:
    """Replace the text of a file, which keeps its rights; a new file can be read by its owner alone.

    The new text is written to a file that nobody else could prepare, and not through a link in its place.
    """
    mode = file.stat().st_mode & 0o777 if file.exists() else 0o600
    file.parent.mkdir(parents=True, exist_ok=True)
    with NamedTemporaryFile("w", encoding="utf-8", dir=file.parent, prefix=f"{file.name}.", delete=False) as new:
        new.write(text)
    written = Path(new.name)
    written.chmod(mode)
    written.replace(file)


_NEWEST: Final = 50  # articles, statements and deliveries

_LENGTH: Final = 60  # characters of a description

Candidate = tuple[str, str]
"""An id of the desk, and what it stands for."""

Complete = Callable[[typer.Context], list[Candidate]]


def _completing(listed: "Callable[[Services], Iterable[Candidate]]") -> Complete:
    """The completion of ids in the shell, of which Typer offers those that begin as typed.

    A shell that asks for candidates waits for them, so the newest few of long lists are enough, and a desk that cannot
    be opened, or whose servers would have to be asked, has none.
    """

    def complete(ctx: typer.Context) -> list[Candidate]:
        return [(candidate, one_line(shown)[:_LENGTH]) for candidate, shown in _of_the_desk(ctx, listed)]

    return complete


def _of_the_desk(ctx: typer.Context, listed: "Callable[[Services], Iterable[Candidate]]") -> list[Candidate]:
    from pipeline.services import open_services

    options = ctx.find_root().params  # the callback that stores them does not run for a completion
    try:
        settings = Chosen(options.get("config"), options.get("file")).settings()
        if settings.profile != "embedded" or not settings.file.exists():
            return []
        services = open_services(settings)
        try:
            return list(listed(services))
        finally:
            services.close()
    except OnRecordError:
        return []


def _actors(services: "Services") -> Iterator[Candidate]:
    from pipeline.model import Actor

    return ((actor.id, actor.name) for actor in services.desk.all(Actor))


def _groups(services: "Services") -> Iterator[Candidate]:
    from pipeline.model import Group

    return ((group.id, group.name) for group in services.desk.all(Group))


def _watches(services: "Services") -> Iterator[Candidate]:
    from pipeline.model import Watch

    return ((watch.id, watch.name) for watch in services.desk.all(Watch))


def _feeds(services: "Services") -> Iterator[Candidate]:
    from pipeline.model import Feed

    return ((feed.url, feed.source or feed.title) for feed in services.desk.all(Feed))


def _mutes(services: "Services") -> Iterator[Candidate]:
    from pipeline.model import Mute

    return ((mute.id, mute.name) for mute in services.desk.all(Mute))


def _articles(services: "Services") -> Iterator[Candidate]:
    from pipeline.model.query import Search

    hits = services.index.search(Search(collection="articles", limit=_NEWEST)).hits
    return ((hit.article_id, f"{hit.source}: {hit.title}") for hit in hits)


def _statements(services: "Services") -> Iterator[Candidate]:
    from pipeline.model.query import Search

    hits = services.index.search(Search(collection="statements", limit=_NEWEST)).hits
    return ((hit.id, f"{hit.speaker_name}: {hit.text}") for hit in hits)


def _deliveries(services: "Services") -> Iterator[Candidate]:
    newest = services.outbox.listing(None, _NEWEST)
    return ((each.id, f"{each.alert.watch_name}: {each.alert.statement.text}") for each in newest)


ACTOR_IDS: Final = _completing(_actors)

GROUP_IDS: Final = _completing(_groups)

ACTOR_OR_GROUP_IDS: Final = _completing(lambda services: chain(_actors(services), _groups(services)))

WATCH_IDS: Final = _completing(_watches)

FEED_IDS: Final = _completing(_feeds)

MUTE_IDS: Final = _completing(_mutes)

ARTICLE_IDS: Final = _completing(_articles)

STATEMENT_IDS: Final = _completing(_statements)

DELIVERY_IDS: Final = _completing(_deliveries)

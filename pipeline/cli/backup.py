"""`onrecord backup` and `onrecord restore`: the desk's file in a folder, with the settings."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from pipeline.cli.config import in_toml
from pipeline.cli.desk import chosen
from pipeline.cli.output import say
from pipeline.errors import UsageError

if TYPE_CHECKING:
    from pipeline.settings import Settings

SETTINGS: Final = "onrecord.toml"  # of the settings in a backup's folder

Folder = Annotated[Path, typer.Argument(metavar="FOLDER", help="The folder of the backup.")]


def backup(ctx: typer.Context, folder: Folder) -> None:
    """Copy the desk into a new FOLDER, also while `onrecord run` works, and verify the copy.

    The settings that differ from their defaults are copied as well, without secrets. The copy of the desk holds what
    the file holds: also the addresses that alerts go to.
    """
    from connectors.sqlite.database import back_up

    settings = _embedded(ctx)
    if not settings.file.exists():
        raise UsageError(f"file: {settings.file} does not exist, so there is nothing to back up")
    copy = back_up(settings.file, folder)
    (folder / SETTINGS).write_text("\n".join(in_toml(chosen(ctx).values())) + "\n", "utf-8")
    say(f"{settings.file} is backed up to {copy}, {copy.stat().st_size / 1e6:,.1f} MB, and the copy is verified")


def restore(ctx: typer.Context, folder: Folder) -> None:
    """Make the desk's file anew from the backup in FOLDER, after verifying it. No file may be in its place."""
    from connectors.processes import job_lock
    from connectors.sqlite.database import restore as restored

    settings = _embedded(ctx)
    settings.file.parent.mkdir(parents=True, exist_ok=True)
    with job_lock(settings.file):
        restored(folder, settings.file)
    say(f"{settings.file} is restored from {folder}; its settings, without secrets, are in {folder / SETTINGS}")


def _embedded(ctx: typer.Context) -> "Settings":
    settings = chosen(ctx).settings()
    if settings.profile != "embedded":
        raise UsageError("a cluster is backed up by its servers: deploy/README.md says how")
    return settings

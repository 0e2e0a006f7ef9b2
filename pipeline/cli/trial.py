"""`onrecord try`: the main job on the sample desk."""

import sys
import threading
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated, Final

import typer

from pipeline.cli.output import put, say
from pipeline.cli.run import stopped_by_signals, work
from pipeline.cli.workers import workers
from pipeline.model import Feed
from pipeline.run.roles import Role

if TYPE_CHECKING:
    from pipeline.cli.story import Teller
    from pipeline.sample import Sample
    from pipeline.services import Services
    from pipeline.settings import Settings

_PATIENCE: Final = timedelta(seconds=30)  # for the first look, and after the last article has appeared

_TICK: Final = 0.1  # seconds

_EVERY: Final = 0.5  # seconds between looks at a feed


class Stopwatch:
    """How long ago it was begun; zero before."""

    def __init__(self) -> None:
        self._begun: float | None = None

    def begin(self) -> None:
        """From now on."""
        self._begun = time.monotonic()

    def __call__(self) -> timedelta:
        """The time since."""
        return timedelta(seconds=time.monotonic() - self._begun) if self._begun is not None else timedelta(0)


@dataclass(slots=True)
class Trial:
    """The sample desk under way. `sound` is None until the story has ended, then whether all was as it should be."""

    services: "Services"
    sample: "Sample"
    teller: "Teller"
    elapsed: Stopwatch
    once: bool
    addresses: list[str] = field(default_factory=list)
    sound: bool | None = None

    def run(self, stop: threading.Event) -> None:
        """Tell the story and look it over; then wait to be stopped, unless it is told once."""
        self._tell(stop, self._looked_at, _PATIENCE)
        if not stop.is_set():
            put("\nThat was there at the first look. Now the news:\n")
        self.elapsed.begin()
        self._tell(stop, self._complete, self.sample.length + _PATIENCE)
        if stop.is_set():
            return
        self._look_over()
        if not self.once:
            say(self._what_next())
            stop.wait()

    def _tell(self, stop: threading.Event, done: Callable[[], bool], patience: timedelta) -> None:
        end = time.monotonic() + patience.total_seconds()
        while not done() and time.monotonic() < end and not stop.wait(_TICK):
            self.teller.tell()

    def _looked_at(self) -> bool:
        from pipeline.feeds.listing import subscriptions

        told = len(self.teller.chapters) == sum(not entry.appears for entry in self.sample.entries)
        return told and all(state.polled for _, state in subscriptions(self.services.desk))

    def _complete(self) -> bool:
        return len(self.teller.chapters) >= len(self.sample.entries)

    def _look_over(self) -> None:
        from pipeline.cli.story import review, summary

        checks = review(self.services, self.sample, self.teller.chapters)
        self.sound = all(ok for ok, _ in checks)
        put(f"\nThe story is complete: {summary(self.teller.chapters)}.\n")
        put("\n".join(f"  {'ok  ' if ok else 'LOOK'}  {text}" for ok, text in checks))

    def _what_next(self) -> str:
        command = f"{sys.argv[0]} -f {self.services.settings.file}"
        return f"""
Look at {self.addresses[0]}, and in another terminal try

  {command} search 'cable*'
  {command} search --in statements --facets speaker:reyle
  {command} statements list
  {command} alerts list
  {command} actors add 'Vera Lund'

Ctrl-C ends this and removes the file. For feeds of your own: onrecord feeds add URL"""


def sample(
    *,
    once: Annotated[
        bool, typer.Option("--once", help="End when the story is complete; exit code 1 if something is wrong.")
    ] = False,
    port: Annotated[int, typer.Option(min=0, max=65535, help="For the pages; 0 takes a free one.")] = 8414,
) -> None:
    """Run the main job on a desk of made-up outlets, and show what comes of it.

    Everything is on this machine and in a temporary file: six outlets serve their feeds, one story unfolds in half a
    minute, and the watches alert. Then it stays up to be looked at.
    """
    from pipeline.cli.sample_outlets import serving
    from pipeline.cli.story import Teller
    from pipeline.sample import load
    from pipeline.services import open_services, utc_now

    desk, elapsed = load(), Stopwatch()
    with (
        TemporaryDirectory(prefix="onrecord-try-") as folder,
        serving(desk, utc_now(), elapsed) as outlets,
        stopped_by_signals() as stop,
        closing(open_services(_settings(Path(folder), port))) as services,
    ):
        teller = Teller(services, elapsed)
        trial = Trial(replace(services, notifier=lambda _: teller), desk, teller, elapsed, once)
        _set_up(services, desk, outlets)
        say(_opening(services, desk, outlets))
        _run(trial, stop)
    raise typer.Exit(trial.sound is False or (once and trial.sound is None))


def _run(trial: Trial, stop: threading.Event) -> None:
    def listening(address: str) -> None:
        trial.addresses.append(address)
        say(f"Its pages are at {address}\n")

    with workers(trial.services, tuple(Role), listening) as running:
        work({**running, "story": trial.run}, stop)


def _settings(folder: Path, port: int) -> "Settings":
    """A desk of its own, whatever the user's settings are; another port where this one is taken."""
    from pipeline.cli.doctor import answers
    from pipeline.settings import Settings
    from pipeline.settings.sections import Fetch, Poll, Web

    return Settings(
        file=folder / "sample.sqlite",
        fetch=Fetch(private_addresses=True, pause=timedelta(0)),
        poll=Poll(every=timedelta(seconds=_EVERY)),
        web=Web(port=0 if answers("127.0.0.1", port) else port),
    )


def _set_up(services: "Services", desk: "Sample", outlets: str) -> None:
    from pipeline.cli.sample_outlets import feed_url

    feeds = [Feed(url=feed_url(outlets, feed), source=feed.source, title=feed.title) for feed in desk.feeds]
    services.desk.save(*feeds, *desk.actors, *desk.watches)


def _opening(services: "Services", desk: "Sample", outlets: str) -> str:
    names = ", ".join(actor.name for actor in desk.actors)
    return f"""The sample desk: one made-up story, as {len(desk.feeds)} outlets tell it.
Their feeds are served on this machine at {outlets}, and looked at twice a second.
Tracked are {names}; {len(desk.watches)} watches alert.
All of it is in {services.settings.file}"""

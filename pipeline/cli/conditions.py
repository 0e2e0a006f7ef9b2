"""The options that say what a watch asks for, and the watch that they come to."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Final, get_args

import typer

from pipeline.errors import UsageError
from pipeline.groups import found
from pipeline.model import Actor, Group, QuoteKind, Watch, slug

if TYPE_CHECKING:
    from pipeline.app import App

KINDS: Final[tuple[QuoteKind, ...]] = get_args(QuoteKind)

By = Annotated[list[str] | None, typer.Option(help="Said by this actor or group; repeatable.", metavar="ACTOR")]
About = Annotated[list[str] | None, typer.Option(help="Or about this one; repeatable.", metavar="ACTOR")]
Query = Annotated[str, typer.Option(help="And meeting this query, as in `onrecord search`.")]
Source = Annotated[list[str] | None, typer.Option(help="Only from this source; repeatable.")]
Language = Annotated[list[str] | None, typer.Option(help="Only in this language (en); repeatable.")]
Kind = Annotated[list[str] | None, typer.Option(help=f"Only {', '.join(KINDS)} speech; repeatable.", metavar="KIND")]
LeastConfidence = Annotated[float, typer.Option(min=0, max=1, help="How sure we must be of the speaker.")]
LeastSources = Annotated[int, typer.Option(min=1, help="Once so many independent sources have it.")]


def asked(
    app: "App",
    name: str,
    *,
    by: Sequence[str] | None,
    about: Sequence[str] | None,
    query: str,
    source: Sequence[str] | None,
    language: Sequence[str] | None,
    kind: Sequence[str] | None,
    least_confidence: float,
    least_sources: int,
) -> Watch:
    """The watch that asks for this from now on; UsageError for a name that is nobody's or a kind that is none."""
    actors, groups = app.desk.all(Actor), app.desk.all(Group)
    return Watch(
        id=slug(name),
        name=" ".join(name.split()),
        created=app.clock(),
        by=tuple(found(called, actors, groups) for called in by or ()),
        about=tuple(found(called, actors, groups) for called in about or ()),
        query=query,
        sources=tuple(source or ()),
        languages=tuple(language or ()),
        kinds=tuple(_kind(named) for named in kind or ()),
        least_confidence=least_confidence,
        least_sources=least_sources,
    )


def _kind(named: str) -> QuoteKind:
    for kind in KINDS:
        if kind == named:
            return kind
    raise UsageError(f"kind {named!r} should be one of {', '.join(KINDS)}")

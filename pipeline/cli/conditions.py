"""The options that say what a watch asks for, and the watch that they come to."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from inspect import Parameter, Signature, signature
from typing import TYPE_CHECKING, Annotated, Any, Final, get_args, get_type_hints

from typer import Option

from pipeline.errors import UsageError
from pipeline.groups import found
from pipeline.model import Actor, Group, QuoteKind, Watch, slug

if TYPE_CHECKING:
    from pipeline.app import App

KINDS: Final[tuple[QuoteKind, ...]] = get_args(QuoteKind)


@dataclass(frozen=True, slots=True, kw_only=True)
class Conditions:
    """What the options say, each as typer reads it."""

    by: Annotated[list[str] | None, Option(help="Said by this actor or group; repeatable.", metavar="ACTOR")] = None
    about: Annotated[list[str] | None, Option(help="Or about this one; repeatable.", metavar="ACTOR")] = None
    query: Annotated[str, Option(help="And meeting this query, as in `onrecord search`.")] = ""
    source: Annotated[list[str] | None, Option(help="Only from this source; repeatable.")] = None
    language: Annotated[list[str] | None, Option(help="Only in this language (en); repeatable.")] = None
    kind: Annotated[list[str] | None, Option(help=f"Only {', '.join(KINDS)} speech; repeatable.", metavar="KIND")] = (
        None
    )
    least_confidence: Annotated[float, Option(min=0, max=1, help="How sure we must be of the speaker.")] = 0.5
    least_sources: Annotated[int, Option(min=1, help="Once so many independent sources have it.")] = 1


def on_conditions(command: Callable[..., None]) -> Callable[..., None]:
    """The command with an option for each of the conditions, in the place of its argument `conditions`."""
    options = signature(Conditions).parameters

    @wraps(command)
    def with_options(**given: Any) -> None:
        named = Conditions(**{name: given.pop(name) for name in options})
        command(conditions=named, **given)

    parameters: list[Parameter] = []
    for name, parameter in signature(command).parameters.items():
        parameters += options.values() if name == "conditions" else [parameter]
    taken = Signature([parameter.replace(kind=Parameter.KEYWORD_ONLY) for parameter in parameters])
    hints = get_type_hints(command, include_extras=True) | get_type_hints(Conditions, include_extras=True)
    with_options.__annotations__ = {name: hints[name] for name in taken.parameters}
    vars(with_options)["__signature__"] = taken
    return with_options


def asked(app: "App", name: str, conditions: Conditions) -> Watch:
    """The watch that asks for this from now on; UsageError for a name that is nobody's or a kind that is none."""
    actors, groups = app.desk.all(Actor), app.desk.all(Group)
    return Watch(
        id=slug(name),
        name=" ".join(name.split()),
        created=app.clock(),
        by=tuple(found(called, actors, groups) for called in conditions.by or ()),
        about=tuple(found(called, actors, groups) for called in conditions.about or ()),
        query=conditions.query,
        sources=tuple(conditions.source or ()),
        languages=tuple(conditions.language or ()),
        kinds=tuple(_kind(named) for named in conditions.kind or ()),
        least_confidence=conditions.least_confidence,
        least_sources=conditions.least_sources,
    )


def _kind(named: str) -> QuoteKind:
    for kind in KINDS:
        if kind == named:
            return kind
    raise UsageError(f"kind {named!r} should be one of {', '.join(KINDS)}")

"""Types with a wire format of their own: times in UTC, and fields whose format changed."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any, Literal

if TYPE_CHECKING:
    from pydantic_core import CoreSchema

FullText = Literal["auto", "always", "never"]


class _InUtc:
    """Schema of a time on the wire: it must have a zone, and is converted to UTC."""

    def __get_pydantic_core_schema__(self, source: Any, handler: Callable[[Any], "CoreSchema"]) -> "CoreSchema":
        from pydantic_core import core_schema

        aware = core_schema.datetime_schema(tz_constraint="aware")
        return core_schema.no_info_after_validator_function(lambda time: time.astimezone(UTC), aware)


Time = Annotated[datetime, _InUtc()]


class _Joined:
    """Schema of a string that earlier versions wrote as a list of strings."""

    def __get_pydantic_core_schema__(self, source: Any, handler: Callable[[Any], "CoreSchema"]) -> "CoreSchema":
        from pydantic_core import core_schema

        joined = core_schema.list_schema(core_schema.str_schema())
        old = core_schema.no_info_after_validator_function("".join, joined)
        return core_schema.union_schema([core_schema.str_schema(), old], mode="left_to_right")


Seen = Annotated[str, _Joined()]


class _OnceYesOrNo:
    """Schema of a policy that earlier versions wrote as a boolean."""

    def __get_pydantic_core_schema__(self, source: Any, handler: Callable[[Any], "CoreSchema"]) -> "CoreSchema":
        from pydantic_core import core_schema

        old = core_schema.no_info_after_validator_function(
            lambda yes: "auto" if yes else "never", core_schema.bool_schema(strict=True)
        )
        return core_schema.union_schema([handler(source), old], mode="left_to_right")


PagePolicy = Annotated[FullText, _OnceYesOrNo()]

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

"""Wire shapes: strict in what they take, the same everywhere in what they give."""

import re
from datetime import date
from typing import Annotated, Any, Final, Generic, TypeVar

from pydantic import (
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
)

T = TypeVar("T")


# PostgreSQL can't store NUL; unpaired surrogates are no text for pydantic at all. A pattern, not
# a validator, so that lengths added to it stay in the document and speak of characters.
Text = Annotated[str, StringConstraints(pattern=r"^[^\x00]*$")]

Flag = Annotated[bool, Field(strict=True)]
"""True or false in a body, and neither 0 nor "no"; a query has only words for it, and takes `bool`."""

_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}")


def _is_written_out(value: object) -> object:
    # pydantic would take a number, also one in quotes, for seconds since 1970.
    if not isinstance(value, date) and not (isinstance(value, str) and _DAY.match(value)):
        msg = "must be text such as 2027-01-31 or 2027-01-31T12:00:00Z"
        raise ValueError(msg)
    return value


Day = Annotated[date, BeforeValidator(_is_written_out)]
"""A day as RFC 3339 text."""
Moment = Annotated[AwareDatetime, BeforeValidator(_is_written_out)]
"""A time with its zone, as RFC 3339 text."""


class Schema(BaseModel):
    """Base of every wire shape: unknown members are refused, nothing is coerced to text."""

    model_config = ConfigDict(extra="forbid", frozen=True, ser_json_inf_nan="null")


class Page(Schema, Generic[T]):
    """One page of a list. Pass `next_cursor` back as `cursor`; null ends the list."""

    items: list[T]
    next_cursor: Annotated[str | None, Field(description="Null on the last page")] = None


Json = dict[str, Any]

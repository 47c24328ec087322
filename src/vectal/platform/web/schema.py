"""Wire shapes: strict in what they take, the same everywhere in what they give."""

from typing import Annotated, Any, Generic, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

T = TypeVar("T")


def _no_control_characters(value: str) -> str:
    # PostgreSQL can't store NUL, and a lone surrogate can't be encoded.
    if "\x00" in value or any("\ud800" <= char <= "\udfff" for char in value):
        msg = "must not hold NUL or unpaired surrogate characters"
        raise ValueError(msg)
    return value


Text = Annotated[str, AfterValidator(_no_control_characters)]


class Schema(BaseModel):
    """Base of every wire shape: unknown members are refused, nothing is coerced to text."""

    model_config = ConfigDict(extra="forbid", frozen=True, ser_json_inf_nan="null")


class Page(Schema, Generic[T]):
    """One page of a list. Pass `next_cursor` back as `cursor`; null ends the list."""

    items: list[T]
    next_cursor: Annotated[str | None, Field(description="Null on the last page")] = None


Json = dict[str, Any]

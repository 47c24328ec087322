"""Wire shapes: strict in what they take, the same everywhere in what they give."""

from typing import Annotated, Any, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

T = TypeVar("T")


# PostgreSQL can't store NUL; unpaired surrogates are no text for pydantic at all. A pattern, not
# a validator, so that lengths added to it stay in the document and speak of characters.
Text = Annotated[str, StringConstraints(pattern=r"^[^\x00]*$")]


class Schema(BaseModel):
    """Base of every wire shape: unknown members are refused, nothing is coerced to text."""

    model_config = ConfigDict(extra="forbid", frozen=True, ser_json_inf_nan="null")


class Page(Schema, Generic[T]):
    """One page of a list. Pass `next_cursor` back as `cursor`; null ends the list."""

    items: list[T]
    next_cursor: Annotated[str | None, Field(description="Null on the last page")] = None


Json = dict[str, Any]

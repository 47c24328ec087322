"""Arguments of tools whose schema somebody wrote: checked by it, without a class of our own."""

from __future__ import annotations

from typing import Any, Final

import jsonschema_rs
from pydantic import JsonValue, RootModel, model_validator

_LIMIT_BYTES: Final = 1 << 20
"""Of a compiled pattern: `(a{1000}){1000}` is a short text and a large automaton."""


class BadSchemaError(ValueError):
    """It is no JSON schema of an object, or refers to something elsewhere."""


class FreeInput(RootModel[dict[str, JsonValue]]):
    """Base of all inputs that `input_of` makes; `root` holds the arguments."""


def input_of(schema: dict[str, JsonValue]) -> type[FreeInput]:
    """A class whose instances fit the schema, and which shows it to models as it is.

    Raises `BadSchemaError`. Nothing that a schema refers to is ever fetched.
    """
    if schema.get("type") != "object":
        raise BadSchemaError("the arguments of a tool are an object")
    limits = jsonschema_rs.RegexOptions(_LIMIT_BYTES, _LIMIT_BYTES)
    try:
        validator = jsonschema_rs.validator_for(schema, pattern_options=limits, offline=True)
    except (jsonschema_rs.ValidationError, jsonschema_rs.ReferencingError) as error:
        raise BadSchemaError(str(error).split("\n", 1)[0][:300]) from error

    class Input(FreeInput):
        @model_validator(mode="before")
        @classmethod
        def fits(cls, value: Any) -> Any:
            found = next(validator.iter_errors(value), None)
            if found is not None:
                raise ValueError(found.message[:300])
            return value

        @classmethod
        def model_json_schema(cls, *args: Any, **options: Any) -> dict[str, Any]:
            del args, options
            return dict(schema)

    return Input

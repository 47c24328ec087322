"""What the document calls a number is a number, in every body of every route."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, get_args

from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic.fields import FieldInfo

QUERIES = {"TaskConditions.priority"}
"""Read from a query as well, which has only words."""


def _shapes(kind: Any) -> Iterator[type[BaseModel]]:
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        yield kind
        for field in kind.model_fields.values():
            yield from _shapes(field.annotation)
    for inner in get_args(kind):
        yield from _shapes(inner)


def _fields(app: FastAPI) -> Iterator[tuple[str, FieldInfo]]:
    for context in iter_route_contexts(app.routes):
        body = getattr(context, "body_field", None)  # sockets have none
        if body is not None:
            for shape in _shapes(body.field_info.annotation):
                for name, field in shape.model_fields.items():
                    yield f"{shape.__name__}.{name}", field


def _is_number(kind: Any) -> bool:
    return kind in {int, float} or any(_is_number(inner) for inner in get_args(kind))


def _takes_false(field: FieldInfo) -> bool:
    for value in (False, True, "3", [True]):
        try:
            read: object = TypeAdapter(field.rebuild_annotation()).validate_python(value)
        except ValidationError:
            continue
        if read != value or type(read) is not type(value):
            return True
    return False


def test_no_number_of_a_body_is_a_flag_or_a_word(edge_app: FastAPI) -> None:
    numbers = {name: field for name, field in _fields(edge_app) if _is_number(field.annotation)}
    assert len(numbers) > 30
    assert {name for name, field in numbers.items() if _takes_false(field)} <= QUERIES

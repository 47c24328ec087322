"""Every HTTP operation of the app with what it demands: for the API document and the tests."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, cast

from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute, RouteContext, iter_route_contexts
from starlette.routing import compile_path

from vectal.auth.asking import current_principal
from vectal.auth.deps import RequiresAction
from vectal.platform.web import IdempotentRoute


@dataclass(frozen=True, slots=True)
class Operation:
    """`action` is None for a public operation."""

    method: str
    path: str
    name: str
    action: str | None
    needs_principal: bool
    is_idempotent: bool
    has_body: bool
    in_document: bool


def list_operations(app: FastAPI) -> list[Operation]:
    """In the order of the routes. Mounts and sockets are no operations."""
    return [
        operation
        for context in iter_route_contexts(app.routes)
        for operation in _operations(context)
    ]


def allowed_methods(app: FastAPI, path: str) -> list[str]:
    """What the routes of a path take together; a router alone names only its first match."""
    return fixed_methods(app, path) or sorted(
        {
            operation.method
            for operation in list_operations(app)
            if compile_path(operation.path)[0].match(path)
        }
    )


def fixed_methods(app: FastAPI, path: str) -> list[str]:
    """What a path takes that is written out in full, like `/tasks/quick` beside `/tasks/{id}`."""
    return sorted(operation.method for operation in list_operations(app) if operation.path == path)


def _operations(context: RouteContext) -> Iterator[Operation]:
    route = context.original_route
    if not isinstance(route, APIRoute):
        return
    needed = list(_walk(cast("Dependant", context.dependant)))
    actions = [call.action for call in needed if isinstance(call, RequiresAction)]
    for method in sorted(context.methods or ()):
        yield Operation(
            method=method,
            path=str(context.path_format),
            name=str(context.name),
            action=actions[0] if actions else None,
            needs_principal=any(call is current_principal for call in needed),
            is_idempotent=method == "POST" and isinstance(route, IdempotentRoute),
            has_body=context.body_field is not None,
            in_document=bool(context.include_in_schema),
        )


def _walk(dependant: Dependant) -> Iterator[Any]:
    """Every callable that a route depends on."""
    for inner in dependant.dependencies:
        yield inner.call
        yield from _walk(inner)

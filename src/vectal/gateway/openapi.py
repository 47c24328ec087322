"""The API document (OpenAPI 3.1): made from the routes, the same bytes on every machine."""

from collections.abc import Iterator
from typing import Any, Final, cast

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from vectal.auth.credentials import WORKSPACE_HEADER
from vectal.auth.policy import ACTIONS
from vectal.gateway.examples import example_of
from vectal.gateway.inventory import Operation, list_operations
from vectal.gateway.problem import MEDIA_TYPE
from vectal.gateway.problem_schemas import ProblemDocument

Json = dict[str, Any]

_DESCRIPTION: Final = """
Send `Authorization: Bearer <access token or API key>`, or an API key as `x-api-key`.
A request works in the workspace that `Vectal-Workspace` names, else in your default one.

- POSTs that make or change something take an `Idempotency-Key`: sent again with the same key and
  body, they have one effect and give the same answer.
- Lists come in pages: pass `next_cursor` back as `cursor`.
- Errors are `application/problem+json` with a stable `code`.
""".strip()

_TAGS: Final = {
    "auth": "Set-up, login, sign-up, refresh and logout.",
    "account": "Your own account.",
    "sessions": "Where you are signed in.",
    "api keys": "Keys for programs.",
    "workspaces": "The places that tasks and chats live in.",
    "members": "Who belongs to a workspace, and invitations to it.",
    "tasks": "Tasks and subtasks: the list, quick add, history.",
    "projects": "Projects, in which tasks are kept.",
    "labels": "Labels, which tasks share.",
    "changesets": "Changes that a model proposes: edit, accept, reject, undo.",
    "calendar": "Events, the agenda, and the exchange with other calendars.",
    "files": "Files: their bytes, versions and attachments, the trash, links that expire.",
    "folders": "Folders, in which files are kept.",
    "uploads": "Resumable uploads, in the tus protocol 1.0.0.",
    "chat": "Conversations, and the turns in which a model answers.",
    "ai": "Models, the providers that run them, and what they cost.",
    "agents": "Runs: a goal that a model works at by itself, and the journal of what it did.",
    "schedules": "Runs that begin by the clock.",
    "triggers": "Runs that begin by an event, a webhook or a mail.",
    "hooks": "Where other systems deliver what begins a run, signed.",
    "memories": "What models remember about your work.",
    "egress": "What has left the installation for a workspace: to whom, and how much.",
    "instance": "Settings of the whole installation.",
}
_SCHEMES: Final[Json] = {
    "bearer": {
        "type": "http",
        "scheme": "bearer",
        "description": "An access token from a login, or an API key.",
    },
    "apiKey": {
        "type": "apiKey",
        "in": "header",
        "name": "x-api-key",
        "description": "An API key, `vct_<id>_<secret>`.",
    },
}
_PROBLEMS: Final = {
    "400": ("BadRequest", "The request contradicts itself"),
    "401": ("Unauthenticated", "No credential, or one that has ended"),
    "403": ("Forbidden", "The role or the scopes do not reach"),
    "404": ("NotFound", "There is none, or not for you"),
    "409": ("Conflict", "It does not fit what exists"),
    "413": ("BodyTooLarge", "The body is too large"),
    "415": ("UnsupportedMediaType", "The body is not JSON"),
    "422": ("InvalidInput", "A value can't be taken; `errors` says which"),
    "429": ("Throttled", "Too many; wait as long as `Retry-After` says"),
    "default": ("Unexpected", "Any other problem"),
}
_WORKSPACE: Final = {
    "name": WORKSPACE_HEADER,
    "in": "header",
    "required": False,
    "description": "The workspace to work in; your default one when it is not given",
    "schema": {"type": "string", "format": "uuid"},
}
_IDEMPOTENCY: Final[Json] = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "The same key and body get the same answer, and one effect",
    "schema": {"type": "string", "minLength": 1, "maxLength": 200, "pattern": "^[ -~]+$"},
}


def build_document(app: FastAPI) -> Json:
    """The document of everything under /api, sorted."""
    document = get_openapi(
        title="Vectal",
        version=app.version,
        description=_DESCRIPTION,
        routes=app.routes,
        license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
    )
    components: Json = document.setdefault("components", {})
    schemas: Json = components.setdefault("schemas", {})
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    _add_problem_shapes(schemas)
    components["securitySchemes"] = _SCHEMES
    components["responses"] = {name: _problem(text) for name, text in _PROBLEMS.values()}
    used: set[str] = set()
    for operation in list_operations(app):
        if operation.in_document:
            described: Json = document["paths"][operation.path][operation.method.lower()]
            _drop_empty(described)
            _describe(described, operation)
            _add_examples(described, schemas)
            used.update(described.get("tags", ()))
    document["tags"] = [
        {"name": name, "description": _TAGS.get(name, f"{name.capitalize()}.")}
        for name in sorted(used, key=_tag_order)
    ]
    return _sorted(document)


def _tag_order(name: str) -> tuple[int, str]:
    names = list(_TAGS)
    return (names.index(name) if name in _TAGS else len(names), name)


def _add_problem_shapes(schemas: Json) -> None:
    shape = ProblemDocument.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas.update(shape.pop("$defs", {}))
    # Some problems carry more: the newer object of a lost update, the seconds to wait.
    shape["additionalProperties"] = True
    schemas["ProblemDocument"] = shape


def _problem(description: str) -> Json:
    schema = {"$ref": "#/components/schemas/ProblemDocument"}
    return {"description": description, "content": {MEDIA_TYPE: {"schema": schema}}}


def _drop_empty(described: Json) -> None:
    """An answer without a shape has no body; FastAPI would promise JSON."""
    for status, response in described["responses"].items():
        content = response.get("content", {}).get("application/json")
        if status.startswith("2") and content is not None and not content.get("schema"):
            del response["content"]["application/json"]
            if not response["content"]:
                del response["content"]


def _describe(described: Json, operation: Operation) -> None:
    described["operationId"] = operation.name
    summary, _, text = str(described.get("description", "")).partition("\n\n")
    described["summary"] = " ".join(summary.split()).rstrip(".")
    described["description"] = text
    responses: Json = described["responses"]
    responses.pop("422", None)
    for status in _problem_statuses(operation, described):
        responses[status] = {"$ref": f"#/components/responses/{_PROBLEMS[status][0]}"}
    parameters: list[Json] = described.setdefault("parameters", [])
    if operation.is_idempotent and operation.action and _lacks(parameters, _IDEMPOTENCY):
        parameters.append(dict(_IDEMPOTENCY))
    described["security"] = []
    if operation.action is None:
        return
    if "{workspace_id}" not in operation.path:
        parameters.append(dict(_WORKSPACE))
    action = ACTIONS[operation.action]
    described["security"] = [{"bearer": []}, {"apiKey": []}]
    described["x-action"] = operation.action
    described["x-scope"] = action.scope.value
    described["x-min-role"] = action.min_role.value
    who = (
        "an administrator of the installation"
        if action.instance_admin
        else (f"the role {action.min_role.value}")
    )
    described["description"] = f"{text}\n\nNeeds {who} and the scope `{action.scope}`.".strip()


def _lacks(parameters: list[Json], wanted: Json) -> bool:
    return all(each.get("name") != wanted["name"] for each in parameters)


def _problem_statuses(operation: Operation, described: Json) -> Iterator[str]:
    yield from ("400", "429", "default")
    if operation.action:
        yield from ("401", "403", "404")
    elif operation.method == "POST":
        yield from ("401", "403", "404", "409")
    if "{" in operation.path:
        yield "404"
    if operation.method != "GET":
        yield "409"
    if operation.has_body:
        yield from ("413", "415")
    if operation.has_body or described.get("parameters"):
        yield "422"


def _add_examples(described: Json, schemas: Json) -> None:
    bodies: list[Json] = [described.get("requestBody", {})]
    bodies += [each for status, each in described["responses"].items() if status.startswith("2")]
    for body in bodies:
        for kind, content in cast("Json", body.get("content", {})).items():
            if kind == "application/json":
                content.setdefault("example", example_of(content["schema"], schemas))


def _sorted(value: Any) -> Any:
    """Members by name, so that a difference between two documents is a difference in meaning."""
    if isinstance(value, dict):
        members = cast("Json", value)
        return {name: _sorted(members[name]) for name in sorted(members)}
    if isinstance(value, list):
        return [_sorted(item) for item in cast("list[Any]", value)]
    return value

"""What these routes need from the app and the request."""

import re
from typing import Annotated, Any, Final, cast

from fastapi import Depends, Header, Request

from vectal.ai.service.ai_service import AiService
from vectal.ai.service.key_rules import KeyRuleService
from vectal.auth.deps import CurrentPrincipal
from vectal.platform.errors import InvalidInputError

_VERSION: Final = re.compile(r'(?:W/)?"(\d{1,9})"|(\d{1,9})')
CONFLICT: Final[dict[int | str, dict[str, Any]]] = {
    412: {
        "description": "A newer version exists; `current` names it",
        "content": {
            "application/problem+json": {"schema": {"$ref": "#/components/schemas/ProblemDocument"}}
        },
    }
}


def _ai(request: Request) -> AiService:
    return cast("AiService", request.app.state.services.ai)


def _if_match(
    if_match: Annotated[
        str | None,
        Header(
            max_length=40, description='The version you have seen, `"3"`; a newer one answers 412'
        ),
    ] = None,
) -> int | None:
    if if_match is None or if_match.strip() == "*":
        return None
    match = _VERSION.fullmatch(if_match.strip())
    if match is None:
        raise InvalidInputError('If-Match takes a version in quotes, as in "3".')
    return int(match[1] or match[2])


Ai = Annotated[AiService, Depends(_ai)]
IfMatch = Annotated[int | None, Depends(_if_match)]


async def key_rule_service(request: Request) -> KeyRuleService:
    return cast("KeyRuleService", request.app.state.services.key_rules)


async def unbound_principal(
    principal: CurrentPrincipal, rules: Annotated[KeyRuleService, Depends(key_rule_service)]
) -> None:
    """Let no key with rules through."""
    await rules.require_unbound(principal)


def expected_version(if_match: int | None, version: int | None) -> int | None:
    """The version that the caller has seen, from the header or the body."""
    if if_match is not None and version is not None and if_match != version:
        raise InvalidInputError("If-Match and version name two versions.", pointer="/version")
    return version if if_match is None else if_match

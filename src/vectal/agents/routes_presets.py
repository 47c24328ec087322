"""REST of presets of runs."""

import re
from typing import Annotated, Any, Final, cast
from uuid import UUID, uuid5

from fastapi import APIRouter, Depends, Header, Query, Request, Response

from vectal.agents.contracts_presets import Preset
from vectal.agents.schemas_presets import NewRunPreset, RunPreset, RunPresetChange
from vectal.agents.service_presets import PresetService
from vectal.auth.deps import CurrentPrincipal, requires
from vectal.platform.db.paging import DEFAULT_LIMIT, MAX_LIMIT
from vectal.platform.errors import InvalidInputError
from vectal.platform.web import Page

# No IdempotentRoute: a stored answer would hold a person's words unsealed.
router = APIRouter(prefix="/run-presets", tags=["agents"])

_VERSION: Final = re.compile(r'(?:W/)?"(\d{1,9})"|(\d{1,9})')
_CONFLICT: Final[dict[int | str, dict[str, Any]]] = {
    412: {
        "description": "A newer version exists; `current` names it",
        "content": {
            "application/problem+json": {"schema": {"$ref": "#/components/schemas/ProblemDocument"}}
        },
    }
}


def _service(request: Request) -> PresetService:
    return cast("PresetService", request.app.state.services.agents.presets)


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


Service = Annotated[PresetService, Depends(_service)]
IfMatch = Annotated[int | None, Depends(_if_match)]


@router.get("", dependencies=[requires("run_presets.list")])
async def list_run_presets(
    principal: CurrentPrincipal,
    service: Service,
    limit: Annotated[int, Query(ge=1, le=MAX_LIMIT, description="Rows a page")] = DEFAULT_LIMIT,
    cursor: Annotated[
        str | None, Query(max_length=2048, description="`next_cursor` of the page before")
    ] = None,
) -> Page[RunPreset]:
    """Your own presets and those that are shared with the workspace, the newest first."""
    page = await service.list_presets(principal, cursor=cursor, limit=limit)
    return Page(items=[RunPreset.of(each) for each in page.items], next_cursor=page.next_cursor)


@router.post("", status_code=201, dependencies=[requires("run_presets.create")])
async def create_run_preset(
    body: NewRunPreset,
    principal: CurrentPrincipal,
    service: Service,
    response: Response,
    key: Annotated[
        str | None,
        Header(
            alias="Idempotency-Key",
            min_length=1,
            max_length=200,
            description="The same key makes nothing twice",
        ),
    ] = None,
) -> RunPreset:
    """Keep a piece of work to begin it again. A person has at most 100."""
    preset_id = None if key is None else uuid5(principal.user_id, f"run_preset:{key}")
    return _shown(await service.create(principal, body.content(), preset_id), response)


@router.get("/{preset_id}", dependencies=[requires("run_presets.read")])
async def get_run_preset(
    preset_id: UUID, principal: CurrentPrincipal, service: Service, response: Response
) -> RunPreset:
    """One preset."""
    return _shown(await service.get(principal, preset_id), response)


@router.put("/{preset_id}", dependencies=[requires("run_presets.update")], responses=_CONFLICT)
async def set_run_preset(
    preset_id: UUID,
    body: RunPresetChange,
    if_match: IfMatch,
    principal: CurrentPrincipal,
    service: Service,
    response: Response,
) -> RunPreset:
    """Put another one in its place. Its owner does, and administrators where it is shared."""
    if None not in {if_match, body.version} and if_match != body.version:
        raise InvalidInputError("If-Match and version name two versions.", pointer="/version")
    version = body.version if if_match is None else if_match
    preset = await service.change(principal, preset_id, body.content(), version=version)
    return _shown(preset, response)


@router.delete(
    "/{preset_id}",
    status_code=204,
    dependencies=[requires("run_presets.delete")],
    responses=_CONFLICT,
)
async def delete_run_preset(
    preset_id: UUID, if_match: IfMatch, principal: CurrentPrincipal, service: Service
) -> None:
    """Delete it. Runs that it began go on."""
    await service.delete(principal, preset_id, version=if_match)


def _shown(preset: Preset, response: Response) -> RunPreset:
    response.headers["ETag"] = f'"{preset.version}"'
    return RunPreset.of(preset)

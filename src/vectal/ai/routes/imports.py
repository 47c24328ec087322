"""REST of taking over what another gateway was set up with."""

from fastapi import APIRouter, Depends

from vectal.ai.routes.wiring import Ai, unbound_principal
from vectal.ai.schemas.imports import ImportReportShape, LiteLlmInput
from vectal.ai.service.imports import Importer
from vectal.auth.deps import CurrentPrincipal, requires
from vectal.platform.web import IdempotentRoute

router = APIRouter(prefix="/ai/imports", tags=["ai"], route_class=IdempotentRoute)


@router.post("/litellm", dependencies=[requires("ai.providers.create"), Depends(unbound_principal)])
async def import_litellm(
    body: LiteLlmInput, principal: CurrentPrincipal, ai: Ai
) -> ImportReportShape:
    """Take over providers, names and fallbacks of a LiteLLM `config.yaml`.

    What is there already is left alone. Begin with `dry_run`: it tells which keys the file refers
    to and where each would go. A file that can't be read is answered with its `line` and `column`.
    A key with rules can't import: its rules speak of the names that are given here.
    """
    report = await Importer(ai).take_over(
        principal, body.config, body.given(), dry_run=body.dry_run
    )
    return ImportReportShape.of(report)

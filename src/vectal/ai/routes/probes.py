"""REST of tests of providers.

They call somebody else and change nothing that counts, so they keep no Idempotency-Key: no
transaction may be open while a provider is asked.
"""

from uuid import UUID

from fastapi import APIRouter

from vectal.ai.routes.wiring import Ai
from vectal.ai.schemas.providers import ProviderProbe, TestResultShape
from vectal.auth.deps import CurrentPrincipal, requires

router = APIRouter(prefix="/ai/providers", tags=["ai"])


@router.post("/test", dependencies=[requires("ai.providers.test")])
async def test_new_provider(
    body: ProviderProbe, principal: CurrentPrincipal, ai: Ai
) -> TestResultShape:
    """Ask a provider that is not stored for its models. A failed test is a 200 with `ok: false`."""
    return TestResultShape.of(await ai.providers.test_draft(principal, body.draft()))


@router.post("/{provider_id}/test", dependencies=[requires("ai.providers.test")])
async def test_provider(provider_id: UUID, principal: CurrentPrincipal, ai: Ai) -> TestResultShape:
    """Ask a stored provider for its models, and remember what it said."""
    return TestResultShape.of(await ai.providers.test(principal, provider_id))

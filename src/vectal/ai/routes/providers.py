"""REST of a workspace's providers."""

from uuid import UUID

from fastapi import APIRouter, Response

from vectal.ai.routes.wiring import CONFLICT, Ai, IfMatch, expected_version
from vectal.ai.schemas.providers import ProviderInput, ProviderPatch, ProviderShape
from vectal.auth.deps import CurrentPrincipal, requires
from vectal.platform.web import IdempotentRoute, Page

router = APIRouter(prefix="/ai/providers", tags=["ai"], route_class=IdempotentRoute)


@router.get("", dependencies=[requires("ai.providers.list")])
async def list_providers(principal: CurrentPrincipal, ai: Ai) -> Page[ProviderShape]:
    """All providers, oldest first; there are at most twenty, so one page holds them."""
    providers = await ai.providers.list_providers(principal)
    return Page(items=[ProviderShape.of(provider) for provider in providers])


@router.post("", status_code=201, dependencies=[requires("ai.providers.create")])
async def create_provider(
    body: ProviderInput, principal: CurrentPrincipal, ai: Ai
) -> ProviderShape:
    """Store a provider. Its key is encrypted and never shown again."""
    return ProviderShape.of(await ai.providers.create(principal, body.draft()))


@router.patch("/{provider_id}", dependencies=[requires("ai.providers.update")], responses=CONFLICT)
async def update_provider(
    provider_id: UUID,
    body: ProviderPatch,
    if_match: IfMatch,
    principal: CurrentPrincipal,
    ai: Ai,
    response: Response,
) -> ProviderShape:
    """Rename, move, switch or re-key a provider."""
    provider = await ai.providers.update(
        principal, provider_id, expected_version(if_match, body.version), body.change()
    )
    response.headers["ETag"] = f'"{provider.version}"'
    return ProviderShape.of(provider)


@router.delete("/{provider_id}", status_code=204, dependencies=[requires("ai.providers.delete")])
async def delete_provider(provider_id: UUID, principal: CurrentPrincipal, ai: Ai) -> None:
    """Forget a provider and its key. What was used stays in the ledger."""
    await ai.providers.delete(principal, provider_id)

"""REST of the secret that requests to the guardrails' webhook are signed with."""

from fastapi import APIRouter, Depends, Response

from vectal.ai.routes.wiring import Ai, unbound_principal
from vectal.ai.schemas.guardrails import NewWebhookSecretShape, WebhookSecretShape
from vectal.auth.deps import CurrentPrincipal, requires

router = APIRouter(prefix="/ai/webhook-secret", tags=["ai"])


@router.get("", dependencies=[requires("ai.providers.list")])
async def get_webhook_secret(principal: CurrentPrincipal, ai: Ai) -> WebhookSecretShape:
    """Whether there is one, and since when; never the secret itself."""
    return WebhookSecretShape(made_at=await ai.webhook_secrets.made_at(principal))


@router.post(
    "", status_code=201, dependencies=[requires("ai.providers.update"), Depends(unbound_principal)]
)
async def make_webhook_secret(
    principal: CurrentPrincipal, ai: Ai, response: Response
) -> NewWebhookSecretShape:
    """Make a secret, or rotate it: shown this once, and the one before signs nothing more.

    A key with rules can't: whoever knows the secret can write requests that the judge believes.
    """
    made = await ai.webhook_secrets.make(principal)
    response.headers["Cache-Control"] = "no-store"
    return NewWebhookSecretShape(secret=made.secret, made_at=made.made_at)

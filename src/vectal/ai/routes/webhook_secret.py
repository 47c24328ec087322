"""REST of the secret that requests to the guardrails' webhook are signed with."""

from fastapi import APIRouter, Depends, Response

from vectal.ai.routes.wiring import Ai, unbound_principal
from vectal.ai.schemas.guardrails import NewWebhookSecretShape, WebhookSecretShape
from vectal.auth.deps import CurrentPrincipal, requires

router = APIRouter(prefix="/ai/webhook-secret", tags=["ai"])


@router.get("", dependencies=[requires("ai.providers.list")])
async def get_webhook_secret(principal: CurrentPrincipal, ai: Ai) -> WebhookSecretShape:
    """Whether there is one, and since when; never the secret itself."""
    state = await ai.webhook_secrets.get_state(principal)
    return WebhookSecretShape(made_at=state.made_at, old_signs_until=state.old_signs_until)


@router.post(
    "", status_code=201, dependencies=[requires("ai.providers.update"), Depends(unbound_principal)]
)
async def make_webhook_secret(
    principal: CurrentPrincipal, ai: Ai, response: Response
) -> NewWebhookSecretShape:
    """Make a secret, or rotate it: shown this once.

    For a day the one before signs, too: requests then carry two signatures, either of which holds.

    A key with rules can't: whoever knows the secret can write requests that the judge believes.
    """
    made = await ai.webhook_secrets.make(principal)
    response.headers["Cache-Control"] = "no-store"
    return NewWebhookSecretShape(
        secret=made.secret, made_at=made.made_at, old_signs_until=made.old_signs_until
    )

"""REST of models, providers, preferences, usage and the rules of API keys."""

from fastapi import APIRouter

from vectal.ai.routes import (
    budgets,
    calls,
    imports,
    key_rules,
    member_keys,
    models,
    probes,
    providers,
    webhook_secret,
)

router = APIRouter()
for part in (
    models,
    webhook_secret,
    probes,
    providers,
    imports,
    calls,
    budgets,
    key_rules,
    member_keys,
):
    router.include_router(part.router)

__all__ = ["router"]

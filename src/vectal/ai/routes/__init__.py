"""REST of models, providers, preferences and usage."""

from fastapi import APIRouter

from vectal.ai.routes import models, probes, providers

router = APIRouter()
for part in (models, probes, providers):
    router.include_router(part.router)

__all__ = ["router"]

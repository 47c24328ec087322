"""The use cases of the AI module, for the modules above it."""

from vectal.ai.service.ai_service import AiService

__all__ = ["AiService"]

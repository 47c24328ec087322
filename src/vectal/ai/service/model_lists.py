"""The daily look at what providers offer: new models come, ends are seen before they bite."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from vectal.ai.ports import CallLimits
from vectal.ai.repository import providers as sql
from vectal.ai.service.providers import ProviderService
from vectal.platform.db import Database, Scope
from vectal.platform.errors import AppError
from vectal.platform.telemetry import get_logger

MAX_A_RUN: Final = 20
AGE: Final = timedelta(hours=23)
_LIMITS: Final = CallLimits(deadline_s=5.0, first_word_s=5.0, idle_s=5.0)

_log = get_logger(__name__)


class ModelLists:
    """Asks the providers that were asked longest ago, one after another."""

    def __init__(self, database: Database, providers: ProviderService) -> None:
        self._database = database
        self._providers = providers

    async def refresh(self) -> int:
        """Ask those that are due, a bounded number of them; tells how many answered."""
        async with self._database.system("ai model lists") as session:
            due = await sql.list_due(session, AGE, MAX_A_RUN)
        answered = 0
        for each in due:
            scope = Scope(each.workspace_id, each.created_by)
            try:
                result = await self._providers.test(scope, each.provider_id, _LIMITS)
            except AppError as error:
                # Deleted meanwhile, most likely; the others are still to be asked.
                _log.info("ai.model_list_skipped", code=error.code)
                continue
            answered += result.ok
        return answered

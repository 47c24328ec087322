"""The AI module's face: what other modules and the routes may ask for."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from datetime import datetime

from vectal.ai.catalog.spec import ModelsFile
from vectal.ai.contracts import Completion, CompletionRequest, RespondRequest, ResponseEvent
from vectal.ai.contracts_runs import ThinkRequest, Thought, Witness
from vectal.ai.proxy.attempts import ModelProxy
from vectal.ai.repository import preferences as preferences_sql
from vectal.ai.repository import usage as usage_sql
from vectal.ai.router.request import Preferences
from vectal.ai.service.accounting import Accounting, UsageWriter
from vectal.ai.service.agent_loop import AgentLoop
from vectal.ai.service.budget_service import BudgetService
from vectal.ai.service.call_reader import CallReader
from vectal.ai.service.calls_under_way import CallsUnderWay
from vectal.ai.service.completer import Completer, Spent
from vectal.ai.service.key_rules import KeyRuleService
from vectal.ai.service.model_lists import ModelLists
from vectal.ai.service.models_view import ModelsReader, ModelsView
from vectal.ai.service.preferences_view import PreferencesView, view_preferences
from vectal.ai.service.providers import ProviderService
from vectal.ai.service.reach import ReachChanges, ReachReader, columns_of
from vectal.ai.service.responder import Responder
from vectal.ai.service.thinker import Thinker
from vectal.ai.service.webhook_secrets import WebhookSecretService
from vectal.ai.toolset import ToolRegistry
from vectal.ai.usage.sums import UsageGrouping, UsageSum
from vectal.ai.usage.tokens import warm_up
from vectal.auth.principal import Principal
from vectal.platform.clock import Clock, SystemClock
from vectal.platform.crypto import Keyring
from vectal.platform.db import Database, DataScope
from vectal.platform.http.guard import EgressGuard

MAX_USAGE_GROUPS = 400


class AiService:
    """One a process. Call `start` after the loop runs, `close` before it ends."""

    def __init__(
        self,
        database: Database,
        keyring: Keyring,
        models: ModelsFile,
        proxy: ModelProxy,
        guard: EgressGuard,
        registry: ToolRegistry | None = None,
        clock: Clock | None = None,
        under_way: CallsUnderWay | None = None,
    ) -> None:
        """`under_way` is run by whoever gives it."""
        clock = clock or SystemClock()
        self._database = database
        self.registry = registry if registry is not None else ToolRegistry()
        self._reach = ReachReader(database, keyring, models, clock)
        under_way = under_way or CallsUnderWay(database, clock)
        self.accounting = Accounting(database, clock, under_way)
        self._loop = AgentLoop()
        self._usage = UsageWriter(self.accounting)
        self._responder = Responder(
            self._reach, proxy, self.registry, self._loop, self.accounting, self._usage
        )
        self._thinker = Thinker(self._reach, proxy, self.accounting, self._usage, clock)
        self._completer = Completer(self._reach, proxy, self.accounting)
        self._models = ModelsReader(models, proxy, clock)
        self.budgets = BudgetService(database, clock)
        self.calls = CallReader(database, self._reach, proxy)
        self.providers = ProviderService(database, keyring, proxy, guard, self._reach, clock)
        self.webhook_secrets = WebhookSecretService(database, keyring, clock, self._reach.changes)
        self.model_lists = ModelLists(database, self.providers)
        self.key_rules: KeyRuleService | None = None
        """Where it is set, keys that have rules may not have a model answer in chat."""

    @property
    def reach_changes(self) -> ReachChanges:
        """For who keeps what workspaces reach, to hear of what is changed here."""
        return self._reach.changes

    async def start(self) -> None:
        """Load what the first answer would wait for: some seconds, which readiness need not."""
        await self._loop.load()
        await asyncio.to_thread(warm_up)

    async def close(self) -> None:
        await self._usage.close()
        await self._loop.close()

    async def check_caller(self, principal: Principal) -> None:
        """Whether the principal may have an answer beside the gateway; raises ForbiddenError."""
        if self.key_rules is not None:
            await self.key_rules.check_caller(principal)

    def respond(
        self, principal: Principal, request: RespondRequest
    ) -> AsyncGenerator[ResponseEvent]:
        """Answer the newest message; see `ai.contracts` for the order of events.

        Close the iterator, or cancel the task that reads it, to stop at once.
        """
        return self._responder.respond(principal, request)

    async def think(self, principal: Principal, request: ThinkRequest, witness: Witness) -> Thought:
        """One model call of a run: what the model says, and the tool calls that it wants.

        Raises `ThinkFailedError` when no model answered, `ThinkRefusedError` when asking again is
        of no use, `AllowanceExceededError` when the allowance bears no call, and another AppError
        when none can be asked. Cancel the task to stop at once; what was used until then is in the
        ledger.
        """
        return await self._thinker.think(principal, request, witness)

    async def complete(self, principal: Principal, request: CompletionRequest) -> str:
        """A short text without tools; raises an AppError when no model gave one."""
        return (await self._completer.complete(principal, request)).text

    async def complete_counted(
        self, principal: Principal, request: CompletionRequest, spent: Spent
    ) -> Completion:
        """The same, with what answered; `spent` hears what it took, also when it failed."""
        return await self._completer.complete(principal, request, spent)

    async def list_models(self, principal: Principal) -> ModelsView:
        return self._models.view(await self._reach.read(principal))

    async def get_preferences(self, principal: DataScope) -> Preferences:
        return (await self._reach.read(principal)).preferences

    async def view_preferences(self, principal: DataScope) -> PreferencesView:
        reach = await self._reach.read(principal)
        return view_preferences(reach.preferences, reach)

    async def save_preferences(
        self, principal: DataScope, preferences: Preferences
    ) -> PreferencesView:
        """Names that lead nowhere are kept, and told of: their providers may still come."""
        async with self._database.transaction(principal) as session:
            self._reach.changes.note(session, principal)
            await preferences_sql.save_preferences(session, principal, columns_of(preferences))
        return view_preferences(preferences, await self._reach.read(principal))

    async def sum_usage(
        self,
        principal: Principal,
        group: UsageGrouping,
        since: datetime,
        until: datetime,
        *,
        everyone: bool,
    ) -> list[UsageSum]:
        """What was used from `since` until before `until`, by the caller or by everyone."""
        async with self._database.read(principal) as session:
            return await usage_sql.sum_usage(
                session,
                principal,
                group,
                since,
                until,
                user_id=None if everyone else principal.user_id,
                timezone=principal.timezone,
                limit=MAX_USAGE_GROUPS,
            )

"""What calls of models from outside need, and no more: a server answers them before the rest.

`vectal serve` imports this at its start and the rest of the house beside its first answers
(`house.py`), so nothing of chat, agents, documents or REST may be imported here.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Protocol

from vectal.accounts.service import AccountService
from vectal.ai.catalog.spec import ModelsFile
from vectal.ai.providers.egress import HttpEgress
from vectal.ai.proxy.attempts import ModelProxy, Patience
from vectal.ai.service.budget_keeper import BudgetKeeper
from vectal.ai.service.gateway.direct import DirectCalls
from vectal.ai.service.gateway.guarding import CallGuard, Rates
from vectal.ai.service.gateway.local_embedding import HereEmbedding
from vectal.ai.service.gateway.model_gateway import ModelGateway
from vectal.ai.service.gateway.response_cache import ResponseCache
from vectal.ai.service.guardrail_webhook import WebhookJudge
from vectal.ai.service.key_rules import KeyRuleService
from vectal.ai.service.vendors import vendor_adapters
from vectal.auth.service import AuthService
from vectal.documents.embedding.local import LocalEmbedder
from vectal.entrypoints.catalogue import open_catalogue
from vectal.platform.background import end_tasks
from vectal.platform.breaker_hints import BreakerHints
from vectal.platform.config import Settings
from vectal.platform.crypto import (
    Keyring,
    KeyWrapper,
    load_key_wrapper,
    require_master_keys,
)
from vectal.platform.db import Database
from vectal.platform.embedded.errors import ExitCode, OperatorError
from vectal.platform.events import append
from vectal.platform.http import EgressLedger, HttpClient
from vectal.platform.http.guard import EgressGuard
from vectal.platform.rate_limit import RateLimiter


@dataclass(frozen=True, slots=True)
class Ways:
    """How models are reached, by the product itself and by clients from outside."""

    catalogue: ModelsFile
    guard: EgressGuard
    proxy: ModelProxy
    egress: HttpEgress
    budgets: BudgetKeeper
    cache: ResponseCache
    local: LocalEmbedder
    here: HereEmbedding
    keep_alive_s: float

    def gateway(self, database: Database, keyring: Keyring, guard: CallGuard) -> ModelGateway:
        parts = (self.proxy, self.egress, self.budgets, guard)
        gateway = ModelGateway.build(database, keyring, self.catalogue, *parts, self.here.spec)
        gateway.cache = self.cache
        gateway.keep_alive_s = self.keep_alive_s
        return gateway


@dataclass(frozen=True, slots=True)
class Front:
    """The services that a model call meets; the rest of the house is built upon them."""

    settings: Settings
    database: Database
    wrapper: KeyWrapper
    keyring: Keyring
    limiter: RateLimiter
    accounts: AccountService
    auth: AuthService
    ledger: EgressLedger
    ways: Ways
    key_rules: KeyRuleService
    guard: CallGuard
    models: ModelGateway
    direct: DirectCalls
    budgets: BudgetKeeper
    breaker_hints: BreakerHints | None
    """What other processes found of the providers; None without Redis."""

    @property
    def redis_url(self) -> str:
        """Empty where there is no Redis."""
        return _redis_url(self.settings)


@asynccontextmanager
async def open_front(settings: Settings) -> AsyncGenerator[Front]:
    """Build it, and close it in the opposite order."""
    if settings.database_url is None:
        raise OperatorError("There is no database.", "Set VECTAL_DATABASE_URL.", ExitCode.FAILED)
    async with AsyncExitStack() as stack:
        database = Database(
            settings.database_url.get_secret_value(),
            outbox=append,
            pool_size=settings.database_pool_size,
        )
        stack.push_async_callback(database.close)
        yield await _build(stack, settings, database)


async def _build(stack: AsyncExitStack, settings: Settings, database: Database) -> Front:
    wrapper = load_key_wrapper(settings)
    await require_master_keys(database, wrapper.known_ids)
    keyring = Keyring(wrapper)
    limiter = RateLimiter(_redis_url(settings) or None)
    stack.push_async_callback(limiter.close)
    accounts = AccountService.build(database, signup=settings.signup)
    auth = await AuthService.open(database, accounts, limiter, wrapper)
    stack.callback(auth.close)
    ledger = EgressLedger(database)
    ways = _open_ways(stack, settings, database, keyring, ledger)
    rules = KeyRuleService(database, auth.keys)
    rates = Rates(settings.model_requests_per_minute, settings.model_tokens_per_minute)
    guard = CallGuard(limiter, rules, rates)
    models = ways.gateway(database, keyring, guard)
    return Front(
        settings=settings,
        database=database,
        wrapper=wrapper,
        keyring=keyring,
        limiter=limiter,
        accounts=accounts,
        auth=auth,
        ledger=ledger,
        ways=ways,
        key_rules=rules,
        guard=guard,
        models=models,
        direct=DirectCalls(models, ways.egress),
        budgets=ways.budgets,
        breaker_hints=_hints(ways.proxy, settings),
    )


def _open_ways(
    stack: AsyncExitStack,
    settings: Settings,
    database: Database,
    keyring: Keyring,
    ledger: EgressLedger,
) -> Ways:
    # Loaded when it is first asked; the process keeps one, for documents and for `/v1`.
    local = LocalEmbedder(settings.document_threads)
    stack.callback(local.close)
    guard = EgressGuard.parse(settings.egress_allow)
    client = HttpClient(ledger, guard)
    stack.push_async_callback(client.close)
    egress, budgets = HttpEgress(client), BudgetKeeper(database)
    adapters = vendor_adapters(egress, settings.simulator_pace_s)
    patience = Patience(thinking_s=settings.model_thinking_s)
    judge = WebhookJudge(client)
    proxy = ModelProxy(adapters, patience=patience, gate=budgets, judge=judge, egress=egress)
    catalogue = open_catalogue(settings)
    cache = ResponseCache(_redis_url(settings), database, keyring)
    stack.push_async_callback(cache.close)
    here = HereEmbedding(local)
    alive_s = settings.model_keep_alive_s
    return Ways(catalogue, guard, proxy, egress, budgets, cache, local, here, alive_s)


def _hints(proxy: ModelProxy, settings: Settings) -> BreakerHints | None:
    redis_url = _redis_url(settings)
    return BreakerHints(redis_url, proxy.breakers) if redis_url else None


def _redis_url(settings: Settings) -> str:
    return settings.redis_url.get_secret_value() if settings.redis_url else ""


class Spending(Protocol):
    """Whose calls are written down: of the front, or of the whole house."""

    @property
    def ledger(self) -> EgressLedger: ...

    @property
    def models(self) -> ModelGateway: ...

    @property
    def budgets(self) -> BudgetKeeper: ...


class Calling(Spending, Protocol):
    """What answers calls, and hears from other processes how the providers do."""

    @property
    def breaker_hints(self) -> BreakerHints | None: ...


@asynccontextmanager
async def keeping_books(services: Spending) -> AsyncGenerator[None]:
    """For whoever calls out: what it has spent and where it went is written down.

    The ledgers write what is left once the block ends.
    """
    stop = asyncio.Event()
    ledgers = [
        asyncio.create_task(services.ledger.run(stop)),
        asyncio.create_task(services.models.book.run(stop)),
        asyncio.create_task(services.budgets.run(stop)),
    ]
    try:
        yield
    finally:
        stop.set()
        await asyncio.gather(*ledgers)


@asynccontextmanager
async def answering(services: Calling) -> AsyncGenerator[None]:
    """What runs beside calls of models: the ledgers, and what is heard of the providers."""
    hints = services.breaker_hints
    beside = [] if hints is None else [asyncio.create_task(hints.run())]
    async with keeping_books(services):
        try:
            yield
        finally:
            await end_tasks(beside)

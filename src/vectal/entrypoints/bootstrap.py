"""Where the house is wired: every service is built here, from settings, in the order of its rooms.

Each process opens the same services and then runs its own background work beside them.
"""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta

from vectal.accounts.service import AccountService
from vectal.agents.service_approvals import ApprovalRulesService
from vectal.ai.catalog.models_file import load_models_file
from vectal.ai.catalog.spec import ModelsFile
from vectal.ai.providers.egress import HttpEgress
from vectal.ai.proxy.attempts import ModelProxy
from vectal.ai.service.ai_service import AiService, vendor_adapters
from vectal.ai.service.budget_keeper import BudgetKeeper
from vectal.ai.service.gateway.direct import DirectCalls
from vectal.ai.service.gateway.embedding_gateway import EmbeddingGateway
from vectal.ai.service.gateway.guarding import CallGuard, Rates
from vectal.ai.service.gateway.local_embedding import HereEmbedding
from vectal.ai.service.gateway.model_gateway import ModelGateway
from vectal.ai.service.gateway.response_cache import ResponseCache
from vectal.ai.service.guardrail_webhook import WebhookJudge
from vectal.ai.service.key_rules import KeyRuleService
from vectal.auth.principal import Principal, Scope
from vectal.auth.service import AuthService
from vectal.calendar.service import CalendarServices
from vectal.chat.ports import ChatPorts
from vectal.chat.service import ChatService
from vectal.documents.embedding.local import LocalEmbedder
from vectal.documents.ports import DocumentModels
from vectal.entrypoints import agents as agent_wiring
from vectal.entrypoints import documents as document_wiring
from vectal.entrypoints import embedding as embedding_wiring
from vectal.entrypoints import files as file_wiring
from vectal.entrypoints import notifications as notification_wiring
from vectal.entrypoints import reactions, toolbelt, updates
from vectal.entrypoints import research as research_wiring
from vectal.entrypoints import scheduling as scheduling_wiring
from vectal.entrypoints.batches import Batches, open_batches
from vectal.entrypoints.calendar import open_calendar
from vectal.entrypoints.documents import open_documents
from vectal.entrypoints.knowledge import ChatKnowledge
from vectal.entrypoints.notifications import open_notifications
from vectal.entrypoints.scheduling import open_scheduling
from vectal.entrypoints.services import Services
from vectal.entrypoints.surroundings import ChatSurroundings, find_revoked
from vectal.memories.service import MemoryService
from vectal.migrations import newest
from vectal.platform.background import end_tasks
from vectal.platform.breaker_hints import BreakerHints
from vectal.platform.broadcast import Broadcast
from vectal.platform.config import Settings
from vectal.platform.crypto import (
    Keyring,
    KeyWrapper,
    load_key_wrapper,
    require_master_keys,
)
from vectal.platform.db import Database
from vectal.platform.db.revision import require_revision
from vectal.platform.embedded.errors import ExitCode, OperatorError
from vectal.platform.events import ConsumerRunner, EventFeed, Relay, append, stream
from vectal.platform.http import EgressLedger, EgressReader, HttpClient
from vectal.platform.http.guard import EgressGuard
from vectal.platform.jobs import Gauges, JobQueue, JobWorker, Scheduler
from vectal.platform.jobs.dispatcher import Dispatcher
from vectal.platform.rate_limit import RateLimiter
from vectal.platform.telemetry.health import Health, Part
from vectal.realtime.service import RealtimeService
from vectal.search.service import SearchService, Sources
from vectal.tasks.service import TaskServices


@asynccontextmanager
async def open_services(settings: Settings) -> AsyncGenerator[Services]:
    """Build everything, and close it in the opposite order."""
    if settings.database_url is None:
        raise OperatorError("There is no database.", "Set VECTAL_DATABASE_URL.", ExitCode.FAILED)
    async with AsyncExitStack() as stack:
        database = Database(
            settings.database_url.get_secret_value(),
            outbox=append,
            pool_size=settings.database_pool_size,
        )
        stack.push_async_callback(database.close)
        yield await _wire(stack, settings, database)


@dataclass(frozen=True, slots=True)
class _Asked:
    """How models are reached, by the product itself and by clients from outside."""

    ai: AiService
    catalogue: ModelsFile
    proxy: ModelProxy
    egress: HttpEgress
    budgets: BudgetKeeper
    cache: ResponseCache
    local: LocalEmbedder
    here: HereEmbedding

    def gateway(self, database: Database, keyring: Keyring, guard: CallGuard) -> ModelGateway:
        parts = (self.proxy, self.egress, self.budgets, guard)
        gateway = ModelGateway.build(database, keyring, self.catalogue, *parts, self.here.spec)
        gateway.cache = self.cache
        return gateway

    def embeddings(self, chats: ModelGateway, guard: CallGuard) -> EmbeddingGateway:
        parts = (self.proxy, self.egress, self.budgets, guard, chats.book)
        return EmbeddingGateway(chats.reach, *parts, here=self.here)

    def minds(self, settings: Settings, embeddings: EmbeddingGateway) -> DocumentModels:
        """What documents ask."""
        parts = (self.catalogue, embeddings, self.local, self.ai)
        return embedding_wiring.document_models(settings, *parts)

    def batches(
        self,
        settings: Settings,
        database: Database,
        keyring: Keyring,
        models: ModelGateway,
        embeddings: EmbeddingGateway,
        auth: AuthService,
        jobs: JobQueue,
    ) -> Batches:
        ways = (models, embeddings, self.egress)
        return open_batches(settings, database, keyring, ways, auth, jobs)


async def _open_ai(
    stack: AsyncExitStack,
    settings: Settings,
    database: Database,
    keyring: Keyring,
    ledger: EgressLedger,
) -> _Asked:
    local = embedding_wiring.open_local(stack, settings)
    guard = EgressGuard.parse(settings.egress_allow)
    client = HttpClient(ledger, guard)
    stack.push_async_callback(client.close)
    egress, budgets = HttpEgress(client), BudgetKeeper(database)
    adapters = vendor_adapters(egress, settings.simulator_pace_s)
    proxy = ModelProxy(adapters, gate=budgets, judge=WebhookJudge(client))
    catalogue = load_models_file(settings.models_file)
    ai = AiService(database, keyring, catalogue, proxy, guard)
    stack.push_async_callback(ai.close)
    cache = ResponseCache(_redis_url(settings), database, keyring)
    stack.push_async_callback(cache.close)
    return _Asked(ai, catalogue, proxy, egress, budgets, cache, local, HereEmbedding(local))


async def _wire(stack: AsyncExitStack, settings: Settings, database: Database) -> Services:
    wrapper, keyring = await _open_keys(settings, database)
    kept, limiter = (settings, database, keyring), _open_limiter(stack, settings)
    accounts, auth = people = await _open_people(stack, settings, database, limiter, wrapper)
    redis, realtime = _open_realtime(stack, database, auth, settings)
    tasks, memories, calendar, ledger = _open_own(database, keyring, accounts)
    asked = await _open_ai(stack, *kept, ledger)
    ai, rules, guard = _rule(asked.ai, KeyRuleService(database, auth.keys), limiter, settings)
    chat, knowledge = _open_chat(database, keyring, realtime, ai, auth, accounts, tasks)
    models = _tell(realtime, database, tasks, chat, ai, asked.gateway(database, keyring, guard))
    jobs, embeddings = reactions.make_jobs(chat, ai.model_lists), asked.embeddings(models, guard)
    files = file_wiring.open_files(settings, database, keyring, jobs, accounts, tasks, chat)
    documents = open_documents(stack, *kept, files, jobs, ledger, asked.minds(settings, embeddings))
    knowledge.put_in(files, documents)
    own, sealing = (tasks, memories, documents, calendar, files), (accounts, wrapper)
    research, outside = await toolbelt.equip(stack, kept, jobs, ledger, ai, auth, own, sealing)
    agents = agent_wiring.wire_agents(*kept[1:], jobs, ai, auth, accounts, tasks, outside)
    return Services(
        database=database,
        keyring=keyring,
        accounts=accounts,
        auth=auth,
        realtime=realtime,
        tasks=tasks,
        files=files,
        documents=documents,
        memories=memories,
        calendar=calendar,
        agents=agents,
        mcp=outside[0],
        scheduling=open_scheduling(*kept[1:], jobs, agents, auth, limiter, tasks, files),
        workflow_tools=outside[1].tools,
        notifications=open_notifications(settings, ledger, database, jobs, agents, people, limiter),
        approval_rules=ApprovalRulesService(database),
        search=SearchService.build(Sources(tasks, calendar, chat, files, documents)),
        research=research,
        ai=ai,
        models=models,
        direct=DirectCalls(models, asked.egress),
        embeddings=embeddings,
        batches=asked.batches(*kept, models, embeddings, auth, jobs),
        budgets=asked.budgets,
        key_rules=rules,
        chat=chat,
        ledger=ledger,
        egress=EgressReader(database),
        jobs=jobs,
        health=_watch(database, redis),
        breaker_hints=_hints(asked.proxy, settings),
    )


def _rule(
    ai: AiService, rules: KeyRuleService, limiter: RateLimiter, settings: Settings
) -> tuple[AiService, KeyRuleService, CallGuard]:
    """What keys may do, for calls of the product and of clients."""
    ai.key_rules = rules
    return ai, rules, CallGuard(limiter, rules, _rates(settings))


async def _open_keys(settings: Settings, database: Database) -> tuple[KeyWrapper, Keyring]:
    wrapper = load_key_wrapper(settings)
    await require_master_keys(database, wrapper.known_ids)
    return wrapper, Keyring(wrapper)


async def _open_people(
    stack: AsyncExitStack,
    settings: Settings,
    database: Database,
    limiter: RateLimiter,
    wrapper: KeyWrapper,
) -> tuple[AccountService, AuthService]:
    accounts = AccountService.build(database, signup=settings.signup)
    auth = await AuthService.open(database, accounts, limiter, wrapper)
    stack.callback(auth.close)
    return accounts, auth


def _open_own(
    database: Database, keyring: Keyring, accounts: AccountService
) -> tuple[TaskServices, MemoryService, CalendarServices, EgressLedger]:
    """What leans on the database alone."""
    tasks = TaskServices.build(database, accounts.members)
    calendar = open_calendar(database, keyring, accounts, tasks)
    return tasks, MemoryService(database, keyring), calendar, EgressLedger(database)


def _open_chat(
    database: Database,
    keyring: Keyring,
    realtime: RealtimeService[Principal],
    ai: AiService,
    auth: AuthService,
    accounts: AccountService,
    tasks: TaskServices,
) -> tuple[ChatService, ChatKnowledge]:
    """Chat, and what it knows: the files have to be put into that."""
    knowledge = ChatKnowledge(tasks)
    ports = ChatPorts(
        model=ai,
        rights=auth,
        pending=tasks.changesets,
        surroundings=ChatSurroundings(accounts, tasks),
        knowledge=knowledge,
    )
    chat = ChatService.build(database=database, keyring=keyring, herald=realtime, ports=ports)
    return chat, knowledge


def _tell(
    realtime: RealtimeService[Principal],
    database: Database,
    tasks: TaskServices,
    chat: ChatService,
    ai: AiService,
    models: ModelGateway,
) -> ModelGateway:
    """What open screens hear of; returns the gateway, whose calls they hear of from then on."""
    updates.register(realtime, tasks, chat)
    updates.tell_of_calls(realtime, database, ai, models)
    return models


def _open_realtime(
    stack: AsyncExitStack, database: Database, auth: AuthService, settings: Settings
) -> tuple[stream.Redis | None, RealtimeService[Principal]]:
    redis_url = _redis_url(settings)
    redis = _connect(stack, redis_url) if redis_url else None
    return redis, RealtimeService[Principal](
        feed=EventFeed(database, redis),
        broadcast=Broadcast(redis_url) if redis_url else None,
        may_see=lambda principal, scope: Scope(scope) in principal.scopes,
        find_revoked=find_revoked(auth),
    )


def _rates(settings: Settings) -> Rates:
    return Rates(settings.model_requests_per_minute, settings.model_tokens_per_minute)


def _watch(database: Database, redis: stream.Redis | None) -> Health:
    """What `/readyz` asks: without the database nothing goes, without Redis all goes slower."""
    revision = newest.head()

    async def ask_redis() -> None:
        if redis is not None:
            await stream.ping(redis)

    parts = [
        Part("database", lambda: require_revision(database, revision)),
        Part("redis", ask_redis, is_needed=False),
    ]
    return Health(parts)


def _open_limiter(stack: AsyncExitStack, settings: Settings) -> RateLimiter:
    limiter = RateLimiter(_redis_url(settings) or None)
    stack.push_async_callback(limiter.close)
    return limiter


def _hints(proxy: ModelProxy, settings: Settings) -> BreakerHints | None:
    redis_url = _redis_url(settings)
    return BreakerHints(redis_url, proxy.breakers) if redis_url else None


def _connect(stack: AsyncExitStack, redis_url: str) -> stream.Redis:
    redis = stream.connect(redis_url)
    stack.push_async_callback(redis.aclose)
    return redis


@asynccontextmanager
async def serving(services: Services) -> AsyncGenerator[None]:
    """What a server does beside its requests: live updates, the turns it owns, the ledger."""
    stop = asyncio.Event()
    tasks = [
        asyncio.create_task(services.realtime.run()),
        asyncio.create_task(services.chat.runner.run()),
        asyncio.create_task(services.agents.runner.attend()),
        asyncio.create_task(Gauges(services.database).run()),
    ]
    if services.breaker_hints is not None:
        tasks.append(asyncio.create_task(services.breaker_hints.run()))
    ledgers = _run_ledgers(services, stop)
    try:
        yield
    finally:
        await end_tasks(tasks)
        stop.set()
        await asyncio.gather(*ledgers)


def _run_ledgers(services: Services, stop: asyncio.Event) -> list[asyncio.Task[None]]:
    """They write down what is left once `stop` is set."""
    return [
        asyncio.create_task(services.ledger.run(stop)),
        asyncio.create_task(services.models.book.run(stop)),
        asyncio.create_task(services.budgets.run(stop)),
    ]


@asynccontextmanager
async def keeping_books(services: Services) -> AsyncGenerator[None]:
    """For a command that calls out: what it has spent and where it went is written down."""
    stop = asyncio.Event()
    ledgers = _run_ledgers(services, stop)
    try:
        yield
    finally:
        stop.set()
        await asyncio.gather(*ledgers)


async def drain(services: Services, patience_s: float) -> None:
    """Let the turns end for a while, hand the rest on, and send the listeners elsewhere."""
    await asyncio.gather(
        services.chat.runner.drain(patience_s), services.agents.runner.drain(patience_s)
    )
    services.realtime.drain()


async def run_worker(
    services: Services, settings: Settings, queues: Sequence[str], stop: asyncio.Event
) -> None:
    """React to events and run jobs until `stop`; `queues` names those to serve, none means all."""
    redis_url = _require_redis(settings)
    if unknown := sorted(set(queues) - services.jobs.queues):
        raise OperatorError(
            f"There is no queue named {', '.join(unknown)}.",
            f"The queues are: {', '.join(sorted(services.jobs.queues))}.",
            ExitCode.FAILED,
        )
    ledgers = _run_ledgers(services, stop)
    consumers = [
        *reactions.make_consumers(services.jobs),
        *document_wiring.make_consumers(services.documents, services.jobs),
        scheduling_wiring.make_consumer(services.scheduling, services.jobs),
        notification_wiring.make_consumer(services.notifications),
    ]
    worker = JobWorker(
        services.database,
        services.jobs,
        redis_url,
        queues=queues,
        drain_s=settings.drain_s,
        partitions=settings.job_partitions,
        installation=await services.accounts.instance.get_id(),
    )
    # Batches call models from here: what this process finds of a provider, servers hear.
    hints = services.breaker_hints
    beside = [] if hints is None else [asyncio.create_task(hints.run())]
    try:
        await asyncio.gather(
            ConsumerRunner(services.database, consumers).run(stop),
            worker.run(stop),
            agent_wiring.work(services.agents, queues, stop, settings.drain_s),
        )
    finally:
        await end_tasks(beside)
    await asyncio.gather(*ledgers)


async def run_scheduler(services: Services, settings: Settings, stop: asyncio.Event) -> None:
    """Relay events, deliver jobs and sweep what has had its time, as the one that leads."""
    redis_url = _require_redis(settings)
    async with AsyncExitStack() as stack:
        scheduler = Scheduler(
            services.database,
            Relay(services.database, _connect(stack, redis_url)),
            Dispatcher(
                services.database,
                services.jobs,
                redis_url,
                partitions=settings.job_partitions,
                installation=await services.accounts.instance.get_id(),
            ),
            schedules=reactions.make_schedules(),
            sweeps=[
                *reactions.make_sweeps(
                    services.database,
                    services.chat.leases,
                    services.auth,
                    timedelta(days=settings.budget_history_days),
                ),
                *services.batches.sweeps,
                *file_wiring.make_sweeps(services.files, services.jobs, services.database),
                *document_wiring.make_sweeps(services.documents, services.jobs, services.database),
                *agent_wiring.make_sweeps(services.agents, timedelta(days=settings.run_keep_days)),
                *scheduling_wiring.make_sweeps(services.scheduling),
                *notification_wiring.make_sweeps(services.notifications),
                *research_wiring.make_sweeps(services.research, services.database),
            ],
        )
        async with keeping_books(services):  # its sweeps delete from vector stores outside
            await scheduler.run(stop)


def _redis_url(settings: Settings) -> str:
    """Empty where there is no Redis."""
    return settings.redis_url.get_secret_value() if settings.redis_url else ""


def _require_redis(settings: Settings) -> str:
    if settings.redis_url is None:
        raise OperatorError(
            "There is no Redis.", "Set VECTAL_REDIS_URL for this process.", ExitCode.FAILED
        )
    return settings.redis_url.get_secret_value()

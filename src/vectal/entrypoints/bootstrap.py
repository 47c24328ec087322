"""Where the house is wired: every service is built here, from settings, in the order of its rooms.

Each process opens the same services and then runs its own background work beside them.
"""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta

from vectal.accounts.service import AccountService
from vectal.agents.service_approvals import ApprovalRulesService
from vectal.ai.service.ai_service import AiService
from vectal.ai.service.gateway.embedding_gateway import EmbeddingGateway
from vectal.auth.principal import Principal, Scope
from vectal.auth.service import AuthService
from vectal.calendar.service import CalendarServices
from vectal.chat.ports import ChatPorts
from vectal.chat.service import ChatService
from vectal.documents.ports import DocumentModels
from vectal.entrypoints import agents as agent_wiring
from vectal.entrypoints import documents as document_wiring
from vectal.entrypoints import embedding as embedding_wiring
from vectal.entrypoints import files as file_wiring
from vectal.entrypoints import notifications as notification_wiring
from vectal.entrypoints import reactions, toolbelt, updates
from vectal.entrypoints import research as research_wiring
from vectal.entrypoints import scheduling as scheduling_wiring
from vectal.entrypoints.batches import open_batches
from vectal.entrypoints.calendar import open_calendar
from vectal.entrypoints.documents import open_documents
from vectal.entrypoints.front import Front, answering, keeping_books, open_front
from vectal.entrypoints.knowledge import ChatKnowledge
from vectal.entrypoints.notifications import open_notifications
from vectal.entrypoints.scheduling import open_scheduling
from vectal.entrypoints.services import Services
from vectal.entrypoints.surroundings import ChatSurroundings, find_revoked
from vectal.memories.service import MemoryService
from vectal.migrations import newest
from vectal.platform.background import end_tasks
from vectal.platform.broadcast import Broadcast
from vectal.platform.config import Settings
from vectal.platform.crypto import (
    Keyring,
)
from vectal.platform.db import Database
from vectal.platform.db.revision import require_revision
from vectal.platform.embedded.errors import ExitCode, OperatorError
from vectal.platform.events import stream
from vectal.platform.events.consumers import ConsumerRunner
from vectal.platform.events.feed import EventFeed
from vectal.platform.events.relay import Relay
from vectal.platform.http import EgressReader
from vectal.platform.jobs import Gauges, JobWorker, Scheduler, Sweep
from vectal.platform.jobs.dispatcher import Dispatcher
from vectal.platform.telemetry.health import Health, Part
from vectal.realtime.service import RealtimeService
from vectal.search.service import SearchService, Sources
from vectal.tasks.service import TaskServices


@asynccontextmanager
async def open_services(settings: Settings) -> AsyncGenerator[Services]:
    """Build everything, and close it in the opposite order."""
    async with open_front(settings) as front, open_house(front) as services:
        yield services


@asynccontextmanager
async def open_house(front: Front) -> AsyncGenerator[Services]:
    """Build the rest upon what answers calls of models already."""
    async with AsyncExitStack() as stack:
        yield await _wire(stack, front)


async def _wire(stack: AsyncExitStack, front: Front) -> Services:
    settings, database, keyring = kept = front.settings, front.database, front.keyring
    accounts, auth = people = front.accounts, front.auth
    limiter, ledger, models = front.limiter, front.ledger, front.models
    redis, realtime = _open_realtime(stack, database, auth, settings)
    tasks, memories, calendar = _open_own(database, keyring, accounts)
    ai = _open_ai(stack, front)
    chat, knowledge = _open_chat(database, keyring, realtime, ai, auth, accounts, tasks)
    updates.register(realtime, tasks, chat)
    updates.tell_of_calls(realtime, database, ai, models)
    jobs, embeddings = reactions.make_jobs(chat, ai.model_lists), _open_embeddings(front)
    files = file_wiring.open_files(settings, database, keyring, jobs, accounts, tasks, chat)
    documents = open_documents(stack, *kept, files, jobs, ledger, _minds(front, embeddings, ai))
    knowledge.put_in(files, documents)
    own, sealing = (tasks, memories, documents, calendar, files), (accounts, front.wrapper)
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
        direct=front.direct,
        embeddings=embeddings,
        batches=open_batches(*kept, (models, embeddings, front.ways.egress), auth, jobs),
        budgets=front.budgets,
        key_rules=front.key_rules,
        chat=chat,
        ledger=ledger,
        egress=EgressReader(database),
        jobs=jobs,
        health=_watch(database, redis),
        breaker_hints=front.breaker_hints,
    )


def _open_ai(stack: AsyncExitStack, front: Front) -> AiService:
    ways = front.ways
    parts = (front.database, front.keyring, ways.catalogue, ways.proxy, ways.guard)
    ai = AiService(*parts, under_way=front.models.book.under_way)
    stack.push_async_callback(ai.close)
    # What keys may do counts for calls of the product as for those of clients.
    ai.key_rules = front.key_rules
    # Who has changed something here meets it with his next call.
    ai.reach_changes.heard.append(front.models.forget_reach)
    ai.budgets.heard.append(front.budgets.forget)
    return ai


def _open_embeddings(front: Front) -> EmbeddingGateway:
    ways = front.ways
    parts = (ways.proxy, ways.egress, ways.budgets, front.guard, front.models.book)
    return EmbeddingGateway(front.models.reach, *parts, here=ways.here)


def _minds(front: Front, embeddings: EmbeddingGateway, ai: AiService) -> DocumentModels:
    """What documents ask."""
    parts = (front.ways.catalogue, embeddings, front.ways.local, ai)
    return embedding_wiring.document_models(front.settings, *parts)


def _open_own(
    database: Database, keyring: Keyring, accounts: AccountService
) -> tuple[TaskServices, MemoryService, CalendarServices]:
    """What leans on the database alone."""
    tasks = TaskServices.build(database, accounts.members)
    calendar = open_calendar(database, keyring, accounts, tasks)
    return tasks, MemoryService(database, keyring), calendar


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


def _connect(stack: AsyncExitStack, redis_url: str) -> stream.Redis:
    redis = stream.connect(redis_url)
    stack.push_async_callback(redis.aclose)
    return redis


@asynccontextmanager
async def serving(services: Services) -> AsyncGenerator[None]:
    """What a server does beside its requests: all of it."""
    async with answering(services), attending(services):
        yield


@asynccontextmanager
async def attending(services: Services) -> AsyncGenerator[None]:
    """What a server does beside calls of models: live updates, and the turns it owns."""
    tasks = [
        asyncio.create_task(services.realtime.run()),
        asyncio.create_task(services.chat.runner.run()),
        asyncio.create_task(services.agents.runner.attend()),
        asyncio.create_task(Gauges(services.database).run()),
    ]
    try:
        yield
    finally:
        await end_tasks(tasks)


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
    async with answering(services):
        await asyncio.gather(
            ConsumerRunner(services.database, consumers).run(stop),
            worker.run(stop),
            agent_wiring.work(services.agents, queues, stop, settings.drain_s),
        )


def make_sweeps(services: Services, settings: Settings) -> list[Sweep]:
    """What the leading scheduler does from time to time, in every room."""
    database, jobs = services.database, services.jobs
    history = timedelta(days=settings.budget_history_days)
    return [
        *reactions.make_sweeps(database, services.chat.leases, services.auth, history),
        *services.batches.sweeps,
        *file_wiring.make_sweeps(services.files, jobs, database),
        *document_wiring.make_sweeps(services.documents, jobs, database),
        *agent_wiring.make_sweeps(services.agents, timedelta(days=settings.run_keep_days)),
        *scheduling_wiring.make_sweeps(services.scheduling),
        *notification_wiring.make_sweeps(services.notifications),
        *research_wiring.make_sweeps(services.research, database),
    ]


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
            sweeps=make_sweeps(services, settings),
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

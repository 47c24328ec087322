"""Research, wired: its engines, the reader of pages, the job that works on one, and its sweep."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack, aclosing
from datetime import timedelta
from typing import Final
from uuid import UUID

from pydantic import SecretStr

from vectal.ai.service.ai_service import AiService
from vectal.auth.service import AuthService
from vectal.documents.cleaning import clean
from vectal.documents.extraction.contracts import (
    ExtractionLimits,
    ExtractionOptions,
    Finished,
    OcrOptions,
    Page,
)
from vectal.documents.extraction.errors import ExtractionError
from vectal.documents.extraction.sandbox import Sandbox
from vectal.documents.extraction.source import DocumentSource
from vectal.platform.config import Settings
from vectal.platform.crypto import Keyring
from vectal.platform.db import Database, Scope, WriteSession
from vectal.platform.embedded.errors import ExitCode, OperatorError
from vectal.platform.http import EgressGuard, EgressLedger, HttpClient
from vectal.platform.jobs import Job, JobContext, JobQueue, JobRule, Sweep, job
from vectal.platform.resilience import BreakerBoard
from vectal.research.ports import PageUnreadableError, PageWords
from vectal.research.search import SearchEngine
from vectal.research.search.opening import EngineKeys, open_engines
from vectal.research.service import ResearchPorts, ResearchServices

RUN: Final = "research.run"
_RULE: Final = JobRule(
    queue="research", attempts=6, timeout=timedelta(hours=2), lease=timedelta(seconds=15)
)
_STALLED: Final = timedelta(minutes=10)
_LIMITS: Final = ExtractionLimits(
    document_bytes=16 << 20,
    cpu_s=60,
    deadline_s=60.0,
    idle_s=30.0,
    pages=300,
    text_chars=2_000_000,
    unpacked_bytes=64 << 20,
    parts=1,
    nesting=1,
)


def open_research(
    stack: AsyncExitStack,
    settings: Settings,
    database: Database,
    keyring: Keyring,
    jobs: JobQueue,
    ledger: EgressLedger,
    ai: AiService,
    auth: AuthService,
) -> ResearchServices:
    """Build everything and register the job. No engine is a valid answer: nothing can be asked."""
    guard = EgressGuard.parse(settings.research_allow)
    client = HttpClient(ledger, guard, breakers=BreakerBoard())
    stack.push_async_callback(client.close)
    services = ResearchServices.build(
        database=database,
        keyring=keyring,
        engines=_engines(stack, settings, ledger),
        ports=ResearchPorts(
            models=ai,
            client=client,
            reader=LockedReader(Sandbox(settings.document_sandbox)),
            rights=auth,
            enqueue=_Enqueue(jobs),
        ),
        pages_at_once=settings.research_pages,
    )
    jobs.register(_run_job(services))
    return services


def make_sweeps(research: ResearchServices, database: Database) -> Sequence[Sweep]:
    """Takes up what nobody works on: its job was lost, or gave up before it could say so."""

    async def take_up() -> None:
        for scope, research_id in await research.researches.list_stalled(_STALLED):
            async with database.transaction(scope) as session:
                await research.researches.take_up(session, scope, research_id)

    return [Sweep("research.take_up", timedelta(minutes=1), take_up)]


class LockedReader:
    """Text of a page, taken out by the parsers of documents in their locked child."""

    def __init__(self, sandbox: Sandbox, limits: ExtractionLimits = _LIMITS) -> None:
        self._sandbox = sandbox
        self._limits = limits

    async def read(self, name: str, content: bytes) -> PageWords:
        options = ExtractionOptions(name=name, ocr=OcrOptions(mode="off"), limits=self._limits)
        texts: list[str] = []
        title, is_hidden = "", False
        try:
            with DocumentSource.of(content) as source:
                async with aclosing(self._sandbox.extract(source, options)) as events:
                    async for event in events:
                        if isinstance(event, Page):
                            page = clean(event)
                            texts.append(page.text)
                            is_hidden = is_hidden or bool(page.hidden)
                        elif isinstance(event, Finished):
                            title = event.title
        except ExtractionError as error:
            raise PageUnreadableError(error.detail or str(error)) from error
        return PageWords(title, "\n\n".join(texts), is_hidden)


class _Enqueue:
    def __init__(self, jobs: JobQueue) -> None:
        self._jobs = jobs

    async def __call__(self, session: WriteSession, user_id: UUID, research_id: UUID) -> None:
        await self._jobs.enqueue(
            session, RUN, str(research_id), user_id=user_id, research_id=research_id
        )


def _run_job(research: ResearchServices) -> Job:
    @job(RUN, _RULE)
    async def run(context: JobContext, ids: Mapping[str, str]) -> None:
        scope = Scope(context.workspace_id, UUID(ids["user_id"]))
        await research.running.run(scope, UUID(ids["research_id"]), is_last=context.is_last)

    return run


def _engines(
    stack: AsyncExitStack, settings: Settings, ledger: EgressLedger
) -> tuple[SearchEngine, ...]:
    def make_client(guard: EgressGuard) -> HttpClient:
        client = HttpClient(ledger, guard, breakers=BreakerBoard())
        stack.push_async_callback(client.close)
        return client

    try:
        return open_engines(_keys(settings), make_client)
    except ValueError as error:
        raise OperatorError(
            f"A search engine's address is not valid: {error}.",
            "docs/guides/research.md lists the engines and their settings.",
            ExitCode.BAD_SETTINGS,
        ) from error


def _keys(settings: Settings) -> EngineKeys:
    return EngineKeys(
        search_url=_plain(settings.search_url),
        perplexity_key=_plain(settings.perplexity_key),
        brave_key=_plain(settings.brave_key),
        tavily_key=_plain(settings.tavily_key),
        perplexity_use=settings.perplexity_use,
        perplexity_url=settings.perplexity_url,
        brave_url=settings.brave_url,
        tavily_url=settings.tavily_url,
    )


def _plain(secret: SecretStr | None) -> str:
    return secret.get_secret_value() if secret is not None else ""

"""The tools that models may call, from all rooms that have some."""

from __future__ import annotations

from contextlib import AsyncExitStack

from vectal.accounts.service import AccountService
from vectal.agents.tools import make_tools as make_agent_tools
from vectal.ai.service.ai_service import AiService
from vectal.ai.toolset import ToolRegistry
from vectal.auth.service import AuthService
from vectal.calendar.service import CalendarServices
from vectal.calendar.tools import make_tools as make_calendar_tools
from vectal.documents.extraction.sandbox import Sandbox
from vectal.documents.service import DocumentServices
from vectal.documents.service.web_pages import WebPages
from vectal.documents.tools import make_tools as make_document_tools
from vectal.entrypoints.code import open_code
from vectal.entrypoints.mcp import open_mcp
from vectal.entrypoints.research import open_research
from vectal.entrypoints.workflows import Workflows, open_workflows
from vectal.files.service import FileServices
from vectal.mcp.service import McpServices
from vectal.memories.service import MemoryService
from vectal.memories.tools import make_tools as make_memory_tools
from vectal.notes.service import NoteServices
from vectal.notes.tools import make_tools as make_note_tools
from vectal.platform.config import Settings
from vectal.platform.crypto import Keyring, KeyWrapper
from vectal.platform.db import Database
from vectal.platform.http import EgressLedger, HttpClient
from vectal.platform.http.guard import EgressGuard
from vectal.platform.jobs import JobQueue
from vectal.research.service import ResearchServices
from vectal.research.tools import make_tools as make_research_tools
from vectal.tasks.service import TaskServices
from vectal.tasks.tools import make_tools as make_task_tools

Kept = tuple[Settings, Database, Keyring]
Own = tuple[TaskServices, MemoryService, DocumentServices, CalendarServices, FileServices]


async def equip(
    stack: AsyncExitStack,
    kept: Kept,
    jobs: JobQueue,
    ledger: EgressLedger,
    ai: AiService,
    auth: AuthService,
    own: Own,
    people: tuple[AccountService, KeyWrapper],
) -> tuple[ResearchServices, tuple[McpServices, Workflows]]:
    """Open what is there for models alone, and register the tools of all rooms."""
    research = open_research(stack, *kept, jobs, ledger, ai, auth)
    mcp = open_mcp(stack, *kept, ledger)
    await _register(stack, kept[0], kept[2], ai.registry, ledger, own, research)
    return research, (mcp, await open_workflows(stack, *kept, ledger, *people))


async def _register(
    stack: AsyncExitStack,
    settings: Settings,
    keyring: Keyring,
    registry: ToolRegistry,
    ledger: EgressLedger,
    own: Own,
    research: ResearchServices,
) -> None:
    """What chat offers of them, its responses decide."""
    tasks, memories, documents, calendar, files = own
    notes = NoteServices.build(files, tasks, keyring)
    # What an operator has opened for providers inside is not for pages that a model names.
    web = HttpClient(ledger, EgressGuard.parse([]))
    stack.push_async_callback(web.close)
    pages = WebPages(web, Sandbox(documents.rules.sandbox), documents.rules)
    tools = (
        *make_task_tools(tasks),
        *make_calendar_tools(calendar),
        *make_note_tools(notes),
        *make_document_tools(documents, pages),
        *make_memory_tools(memories),
        *make_research_tools(research),
        *make_agent_tools(await open_code(settings)),
    )
    for tool in tools:
        registry.register(tool)

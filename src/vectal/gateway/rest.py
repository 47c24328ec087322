"""The REST surface: one router for each module, all under /api/v1."""

from fastapi import APIRouter

from vectal.agents.routes import router as runs_router
from vectal.agents.routes_approvals import router as approvals_router
from vectal.agents.routes_handover import router as handover_router
from vectal.agents.routes_presets import router as presets_router
from vectal.agents.routes_tools import router as agent_tools_router
from vectal.agents.routes_workflow_tools import router as workflow_tools_router
from vectal.agents.routes_workflows import router as workflows_router
from vectal.agents.schedules.routes import router as schedules_router
from vectal.agents.schedules.routes_hooks import router as hooks_router
from vectal.agents.schedules.routes_triggers import router as triggers_router
from vectal.ai.routes import router as ai_router
from vectal.auth.routes import router as auth_router
from vectal.calendar.routes import exchange as calendar_exchange_router
from vectal.calendar.routes import router as calendar_router
from vectal.chat.routes import router as chat_router
from vectal.chat.routes_turns import router as turns_router
from vectal.documents.routes import router as documents_router
from vectal.files.routes import routers as file_routers
from vectal.gateway.egress.routes import router as egress_router
from vectal.mcp.routes import router as tool_servers_router
from vectal.memories.routes import router as memories_router
from vectal.notifications.routes import router as notifications_router
from vectal.notifications.routes_links import router as links_router
from vectal.research.routes import router as research_router
from vectal.search.routes import router as search_router
from vectal.tasks.routes import router as tasks_router

PREFIX = "/api/v1"


def routers() -> list[APIRouter]:
    """In the order of the documentation."""
    files = file_routers()
    return [
        auth_router,
        tasks_router,
        calendar_router,
        calendar_exchange_router,
        *files,
        documents_router,
        ai_router,
        chat_router,
        turns_router,
        runs_router,
        handover_router,
        approvals_router,
        schedules_router,
        triggers_router,
        hooks_router,
        tool_servers_router,
        agent_tools_router,
        presets_router,
        workflows_router,
        workflow_tools_router,
        memories_router,
        notifications_router,
        links_router,
        search_router,
        research_router,
        egress_router,
    ]

"""What doors and background work hold."""

from dataclasses import dataclass

from vectal.accounts.service import AccountService
from vectal.agents.schedules.service import SchedulingService
from vectal.agents.service import AgentService
from vectal.agents.service_approvals import ApprovalRulesService
from vectal.agents.service_workflow_tools import WorkflowToolService
from vectal.ai.service.ai_service import AiService
from vectal.ai.service.budget_keeper import BudgetKeeper
from vectal.ai.service.gateway.direct import DirectCalls
from vectal.ai.service.gateway.embedding_gateway import EmbeddingGateway
from vectal.ai.service.gateway.model_gateway import ModelGateway
from vectal.ai.service.key_rules import KeyRuleService
from vectal.auth.principal import Principal
from vectal.auth.service import AuthService
from vectal.calendar.service import CalendarServices
from vectal.chat.service import ChatService
from vectal.documents.service import DocumentServices
from vectal.entrypoints.batches import Batches
from vectal.files.service import FileServices
from vectal.mcp.service import McpServices
from vectal.memories.service import MemoryService
from vectal.notifications.service import NotificationService
from vectal.platform.breaker_hints import BreakerHints
from vectal.platform.crypto import Keyring
from vectal.platform.db import Database
from vectal.platform.http import EgressLedger, EgressReader
from vectal.platform.jobs import JobQueue
from vectal.platform.telemetry.health import Health
from vectal.realtime.service import RealtimeService
from vectal.research.service import ResearchServices
from vectal.search.service import SearchService
from vectal.tasks.service import TaskServices


@dataclass(frozen=True, slots=True)
class Services:
    """Every service of the house. Routes read it from `app.state.services`."""

    database: Database
    keyring: Keyring
    accounts: AccountService
    auth: AuthService
    realtime: RealtimeService[Principal]
    tasks: TaskServices
    files: FileServices
    documents: DocumentServices
    memories: MemoryService
    calendar: CalendarServices
    agents: AgentService
    scheduling: SchedulingService
    workflow_tools: WorkflowToolService
    notifications: NotificationService
    approval_rules: ApprovalRulesService
    mcp: McpServices
    search: SearchService
    research: ResearchServices
    ai: AiService
    models: ModelGateway
    direct: DirectCalls
    embeddings: EmbeddingGateway
    batches: Batches
    budgets: BudgetKeeper
    key_rules: KeyRuleService
    chat: ChatService
    ledger: EgressLedger
    egress: EgressReader
    jobs: JobQueue
    health: Health
    breaker_hints: BreakerHints | None
    """What other processes found of the providers; None without Redis."""

"""The metadata of the whole product: importing a module's tables registers them.

A module that is not listed here fails the test that compares the mappings with the schema.
"""

from vectal.accounts import tables as accounts_tables
from vectal.agents import tables as agent_tables
from vectal.agents import tables_approvals as approval_tables
from vectal.agents import tables_presets as preset_tables
from vectal.agents.schedules import tables as schedule_tables
from vectal.ai import tables as ai_tables
from vectal.ai import tables_batches as ai_batch_tables
from vectal.ai import tables_budgets as ai_budget_tables
from vectal.ai import tables_calls as ai_call_tables
from vectal.ai import tables_key_rules as ai_key_rule_tables
from vectal.auth import tables as auth_tables
from vectal.auth import tables_oauth as oauth_tables
from vectal.calendar import tables as calendar_tables
from vectal.chat import tables as chat_tables
from vectal.documents import tables as document_tables
from vectal.files import tables as files_tables
from vectal.mcp import tables as mcp_tables
from vectal.memories import tables as memory_tables
from vectal.notifications import tables as notification_tables
from vectal.platform.crypto import tables as crypto_tables
from vectal.platform.db.tables import Base
from vectal.platform.events import tables as events_tables
from vectal.platform.http import tables as http_tables
from vectal.platform.jobs import tables as jobs_tables
from vectal.platform.web import tables as web_tables
from vectal.research import tables as research_tables
from vectal.tasks import tables as tasks_tables

_REGISTERED = (
    accounts_tables,
    agent_tables,
    ai_tables,
    ai_batch_tables,
    ai_budget_tables,
    ai_call_tables,
    ai_key_rule_tables,
    approval_tables,
    auth_tables,
    calendar_tables,
    chat_tables,
    crypto_tables,
    document_tables,
    events_tables,
    files_tables,
    http_tables,
    jobs_tables,
    mcp_tables,
    memory_tables,
    notification_tables,
    oauth_tables,
    preset_tables,
    research_tables,
    schedule_tables,
    tasks_tables,
    web_tables,
)

metadata = Base.metadata

"""One table of actions: the least role and the scope that each needs.

Routes name an action with `requires(...)`; the policy matrix in `tests/policy` walks over them.
What depends on a single object (its author, its assignee) is decided in that module's `policy.py`.
"""

from dataclasses import dataclass

from vectal.auth.principal import Principal, Role, Scope


@dataclass(frozen=True, slots=True)
class Action:
    """`instance_admin` is for the few actions on the whole installation."""

    min_role: Role
    scope: Scope
    instance_admin: bool = False


ACTIONS: dict[str, Action] = {
    "account.read": Action(Role.VIEWER, Scope.ACCOUNT_READ),
    "account.update": Action(Role.VIEWER, Scope.ACCOUNT_MANAGE),
    "sessions.list": Action(Role.VIEWER, Scope.ACCOUNT_READ),
    "sessions.revoke": Action(Role.VIEWER, Scope.ACCOUNT_MANAGE),
    "api_keys.list": Action(Role.VIEWER, Scope.ACCOUNT_READ),
    "api_keys.create": Action(Role.VIEWER, Scope.ACCOUNT_MANAGE),
    # How far a key may be lengthened, and by whom, `auth/service/keys.py` decides.
    "api_keys.update": Action(Role.VIEWER, Scope.ACCOUNT_MANAGE),
    "api_keys.revoke": Action(Role.VIEWER, Scope.ACCOUNT_MANAGE),
    "member_keys.list": Action(Role.ADMIN, Scope.WORKSPACE_MANAGE),
    "oauth.consent": Action(Role.VIEWER, Scope.ACCOUNT_MANAGE),
    "oauth_grants.list": Action(Role.VIEWER, Scope.ACCOUNT_READ),
    "oauth_grants.revoke": Action(Role.VIEWER, Scope.ACCOUNT_MANAGE),
    # An earlier end only; `auth/service/keys.py` refuses a later one.
    "member_keys.shorten": Action(Role.ADMIN, Scope.WORKSPACE_MANAGE),
    "member_keys.revoke": Action(Role.ADMIN, Scope.WORKSPACE_MANAGE),
    "instance.read": Action(Role.VIEWER, Scope.ACCOUNT_MANAGE, instance_admin=True),
    "instance.update": Action(Role.VIEWER, Scope.ACCOUNT_MANAGE, instance_admin=True),
    "workspaces.list": Action(Role.VIEWER, Scope.WORKSPACE_READ),
    "workspaces.create": Action(Role.VIEWER, Scope.WORKSPACE_MANAGE),
    "workspaces.read": Action(Role.VIEWER, Scope.WORKSPACE_READ),
    "workspaces.update": Action(Role.ADMIN, Scope.WORKSPACE_MANAGE),
    "members.list": Action(Role.VIEWER, Scope.WORKSPACE_READ),
    "members.update": Action(Role.ADMIN, Scope.WORKSPACE_MANAGE),
    # A viewer may leave; `accounts/policy.py` decides whom else one may remove.
    "members.remove": Action(Role.VIEWER, Scope.WORKSPACE_MANAGE),
    "invitations.list": Action(Role.ADMIN, Scope.WORKSPACE_MANAGE),
    "invitations.create": Action(Role.ADMIN, Scope.WORKSPACE_MANAGE),
    "invitations.revoke": Action(Role.ADMIN, Scope.WORKSPACE_MANAGE),
    "egress.read": Action(Role.ADMIN, Scope.WORKSPACE_MANAGE),
    "tasks.list": Action(Role.VIEWER, Scope.TASKS_READ),
    "tasks.read": Action(Role.VIEWER, Scope.TASKS_READ),
    "tasks.create": Action(Role.MEMBER, Scope.TASKS_WRITE),
    "tasks.update": Action(Role.MEMBER, Scope.TASKS_WRITE),
    "tasks.delete": Action(Role.MEMBER, Scope.TASKS_WRITE),
    "tasks.parse": Action(Role.VIEWER, Scope.TASKS_READ),
    # Whose comments one may change or delete, `tasks/policy.py` decides.
    "task_comments.list": Action(Role.VIEWER, Scope.TASKS_READ),
    "task_comments.create": Action(Role.MEMBER, Scope.TASKS_WRITE),
    "task_comments.update": Action(Role.MEMBER, Scope.TASKS_WRITE),
    "task_comments.delete": Action(Role.MEMBER, Scope.TASKS_WRITE),
    "projects.list": Action(Role.VIEWER, Scope.TASKS_READ),
    "projects.read": Action(Role.VIEWER, Scope.TASKS_READ),
    "projects.create": Action(Role.MEMBER, Scope.TASKS_WRITE),
    "projects.update": Action(Role.MEMBER, Scope.TASKS_WRITE),
    "projects.delete": Action(Role.MEMBER, Scope.TASKS_WRITE),
    "labels.list": Action(Role.VIEWER, Scope.TASKS_READ),
    "labels.create": Action(Role.MEMBER, Scope.TASKS_WRITE),
    "labels.update": Action(Role.MEMBER, Scope.TASKS_WRITE),
    "labels.delete": Action(Role.MEMBER, Scope.TASKS_WRITE),
    "changesets.list": Action(Role.VIEWER, Scope.TASKS_READ),
    "changesets.read": Action(Role.VIEWER, Scope.TASKS_READ),
    "changesets.edit": Action(Role.MEMBER, Scope.TASKS_WRITE),
    "changesets.accept": Action(Role.MEMBER, Scope.TASKS_WRITE),
    "changesets.reject": Action(Role.MEMBER, Scope.TASKS_WRITE),
    "changesets.undo": Action(Role.MEMBER, Scope.TASKS_WRITE),
    # Whose private files one may see, row-level security and `files/policy.py` decide.
    "files.list": Action(Role.VIEWER, Scope.FILES_READ),
    "files.read": Action(Role.VIEWER, Scope.FILES_READ),
    "files.link": Action(Role.MEMBER, Scope.FILES_READ),
    "files.create": Action(Role.MEMBER, Scope.FILES_WRITE),
    "files.update": Action(Role.MEMBER, Scope.FILES_WRITE),
    "files.delete": Action(Role.MEMBER, Scope.FILES_WRITE),
    "folders.list": Action(Role.VIEWER, Scope.FILES_READ),
    "folders.create": Action(Role.MEMBER, Scope.FILES_WRITE),
    "folders.update": Action(Role.MEMBER, Scope.FILES_WRITE),
    "folders.delete": Action(Role.MEMBER, Scope.FILES_WRITE),
    # Whose documents one may see is whose files one may see.
    "documents.read": Action(Role.VIEWER, Scope.FILES_READ),
    "documents.search": Action(Role.VIEWER, Scope.FILES_READ),
    "documents.update": Action(Role.MEMBER, Scope.FILES_WRITE),
    "documents.configure": Action(Role.ADMIN, Scope.WORKSPACE_MANAGE),
    # Each kind of what is found needs its own action besides; see `search/service`.
    "search.all": Action(Role.VIEWER, Scope.WORKSPACE_READ),
    "agent_tools.list": Action(Role.VIEWER, Scope.AGENTS_READ),
    "approval_rules.read": Action(Role.VIEWER, Scope.AGENTS_READ),
    "approval_rules.manage": Action(Role.ADMIN, Scope.WORKSPACE_MANAGE),
    "tool_servers.list": Action(Role.VIEWER, Scope.AGENTS_READ),
    "tool_servers.manage": Action(Role.ADMIN, Scope.WORKSPACE_MANAGE),
    # Consent is a person's: a key that may start runs can't widen what they reach.
    "tool_servers.consent": Action(Role.MEMBER, Scope.ACCOUNT_MANAGE),
    "tool_servers.call": Action(Role.MEMBER, Scope.AGENTS_WRITE),
    # Each tool needs its own scope besides; see `gateway/mcp`.
    "mcp.use": Action(Role.VIEWER, Scope.AI_USE),
    # Whose presets one may see, row-level security decides; change, `agents/policy.py`.
    "run_presets.list": Action(Role.VIEWER, Scope.AGENTS_READ),
    "run_presets.read": Action(Role.VIEWER, Scope.AGENTS_READ),
    "run_presets.create": Action(Role.MEMBER, Scope.AGENTS_WRITE),
    "run_presets.update": Action(Role.MEMBER, Scope.AGENTS_WRITE),
    "run_presets.delete": Action(Role.MEMBER, Scope.AGENTS_WRITE),
    "workflow_tools.list": Action(Role.VIEWER, Scope.AGENTS_READ),
    "workflow_tools.manage": Action(Role.ADMIN, Scope.WORKSPACE_MANAGE),
    # Memories are their owner's alone, by row-level security.
    # Notifications are their owner's alone, by row-level security.
    "notifications.list": Action(Role.VIEWER, Scope.AGENTS_READ),
    "notifications.update": Action(Role.VIEWER, Scope.AGENTS_WRITE),
    "notification_preferences.read": Action(Role.VIEWER, Scope.ACCOUNT_READ),
    "notification_preferences.update": Action(Role.VIEWER, Scope.ACCOUNT_MANAGE),
    "memories.list": Action(Role.VIEWER, Scope.AGENTS_READ),
    "memories.create": Action(Role.MEMBER, Scope.AGENTS_WRITE),
    "memories.update": Action(Role.MEMBER, Scope.AGENTS_WRITE),
    "memories.delete": Action(Role.MEMBER, Scope.AGENTS_WRITE),
    # Whose events one may see, row-level security decides; change, `calendar/policy.py`.
    "calendar.list": Action(Role.VIEWER, Scope.CALENDAR_READ),
    "calendar.read": Action(Role.VIEWER, Scope.CALENDAR_READ),
    "calendar.create": Action(Role.MEMBER, Scope.CALENDAR_WRITE),
    "calendar.update": Action(Role.MEMBER, Scope.CALENDAR_WRITE),
    "calendar.delete": Action(Role.MEMBER, Scope.CALENDAR_WRITE),
    # A feed is read without a credential, so a key that may only read can't make one.
    "calendar.share": Action(Role.MEMBER, Scope.CALENDAR_WRITE),
    # Whose researches one may see, row-level security decides: a person's are hers alone.
    "research.read": Action(Role.MEMBER, Scope.AI_USE),
    "research.create": Action(Role.MEMBER, Scope.AI_USE),
    "research.cancel": Action(Role.MEMBER, Scope.AI_USE),
    "research.delete": Action(Role.MEMBER, Scope.AI_USE),
    "models.list": Action(Role.VIEWER, Scope.AI_USE),
    "models.call": Action(Role.MEMBER, Scope.AI_USE),
    "batch_files.read": Action(Role.MEMBER, Scope.AI_USE),
    "batch_files.write": Action(Role.MEMBER, Scope.AI_USE),
    # Whose batches one may see and end, `ai/policy.py` decides.
    "batches.read": Action(Role.MEMBER, Scope.AI_USE),
    "batches.create": Action(Role.MEMBER, Scope.AI_USE),
    "batches.cancel": Action(Role.MEMBER, Scope.AI_USE),
    "batches.delete": Action(Role.MEMBER, Scope.AI_USE),
    "ai.models": Action(Role.VIEWER, Scope.AI_USE),
    "ai.usage": Action(Role.MEMBER, Scope.AI_USE),
    "ai.respond": Action(Role.MEMBER, Scope.AI_USE),
    "ai.budgets.list": Action(Role.MEMBER, Scope.AI_USE),
    "ai.budgets.manage": Action(Role.ADMIN, Scope.AI_MANAGE),
    "ai.providers.list": Action(Role.ADMIN, Scope.AI_MANAGE),
    "ai.providers.create": Action(Role.ADMIN, Scope.AI_MANAGE),
    "ai.providers.update": Action(Role.ADMIN, Scope.AI_MANAGE),
    "ai.providers.delete": Action(Role.ADMIN, Scope.AI_MANAGE),
    "ai.providers.test": Action(Role.ADMIN, Scope.AI_MANAGE),
    "ai.key_rules.read": Action(Role.ADMIN, Scope.AI_MANAGE),
    "ai.key_rules.manage": Action(Role.ADMIN, Scope.AI_MANAGE),
    "conversations.list": Action(Role.VIEWER, Scope.CHAT_READ),
    "conversations.read": Action(Role.VIEWER, Scope.CHAT_READ),
    "conversations.search": Action(Role.VIEWER, Scope.CHAT_READ),
    "conversations.create": Action(Role.MEMBER, Scope.CHAT_WRITE),
    "conversations.update": Action(Role.MEMBER, Scope.CHAT_WRITE),
    "conversations.delete": Action(Role.MEMBER, Scope.CHAT_WRITE),
    "turns.read": Action(Role.VIEWER, Scope.CHAT_READ),
    "turns.create": Action(Role.MEMBER, Scope.CHAT_WRITE),
    "turns.stop": Action(Role.MEMBER, Scope.CHAT_WRITE),
    # A run is its owner's alone; see `agents/policy.py`.
    "runs.list": Action(Role.VIEWER, Scope.AGENTS_READ),
    "runs.read": Action(Role.VIEWER, Scope.AGENTS_READ),
    "runs.create": Action(Role.MEMBER, Scope.AGENTS_WRITE),
    "runs.move": Action(Role.MEMBER, Scope.AGENTS_WRITE),
    "runs.delete": Action(Role.MEMBER, Scope.AGENTS_WRITE),
    # Schedules and triggers are their owner's alone, by row-level security.
    "schedules.list": Action(Role.VIEWER, Scope.AGENTS_READ),
    "schedules.read": Action(Role.VIEWER, Scope.AGENTS_READ),
    "schedules.create": Action(Role.MEMBER, Scope.AGENTS_WRITE),
    "schedules.update": Action(Role.MEMBER, Scope.AGENTS_WRITE),
    "schedules.delete": Action(Role.MEMBER, Scope.AGENTS_WRITE),
    "triggers.list": Action(Role.VIEWER, Scope.AGENTS_READ),
    "triggers.read": Action(Role.VIEWER, Scope.AGENTS_READ),
    "triggers.create": Action(Role.MEMBER, Scope.AGENTS_WRITE),
    "triggers.update": Action(Role.MEMBER, Scope.AGENTS_WRITE),
    "triggers.delete": Action(Role.MEMBER, Scope.AGENTS_WRITE),
    "runs.review": Action(Role.MEMBER, Scope.AGENTS_WRITE),
}


def can(principal: Principal, action: str) -> bool:
    """Whether the principal's role and scopes reach `action`; KeyError on an unknown action."""
    needed = ACTIONS[action]
    if needed.instance_admin and not principal.is_admin:
        return False
    return principal.role.includes(needed.min_role) and needed.scope in principal.scopes


def grantable_scopes(principal: Principal) -> frozenset[Scope]:
    """The scopes a key made by `principal` may have: never more than its maker's own rights."""
    reach = {action.scope for name, action in ACTIONS.items() if can(principal, name)}
    if Scope.ALL in principal.scopes:
        reach.add(Scope.ALL)
    return frozenset(reach)

"""Workflows at n8n as tools of runs: registered by administrators, called with signed requests.

What such a workflow does is not known here, so the tool counts as the most dangerous kind: nobody
can tell whether a call was made, it carries words out, and what comes back strangers may have
written. So a person approves each call, unless the workspace says otherwise.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

import msgspec

from vectal.agents.contracts_workflows import (
    MAX_WORKFLOW_TOOLS,
    WorkflowTool,
    WorkflowToolChange,
    WorkflowToolDraft,
)
from vectal.agents.errors import (
    NoSuchEngineError,
    WorkflowCallError,
    WorkflowToolLimitError,
    WorkflowToolNameTakenError,
    WorkflowToolNotFoundError,
)
from vectal.agents.ports import AnyTool
from vectal.agents.repository import workflow_tools as sql
from vectal.agents.tables_workflows import WorkflowToolRow
from vectal.agents.workflows.inputs import BadSchemaError, FreeInput, input_of
from vectal.agents.workflows.n8n.address import N8nAddress
from vectal.agents.workflows.n8n.passes import sign_request
from vectal.ai.contracts import Taint, Tool, ToolContext, ToolOutput
from vectal.auth.principal import Principal
from vectal.auth.principal import Scope as TokenScope
from vectal.platform.clock import Clock, SystemClock
from vectal.platform.crypto import Aad, KeyOwner, Keyring
from vectal.platform.db import Database, DataScope, ReadSession, WriteSession
from vectal.platform.errors import InvalidInputError
from vectal.platform.http import Caller, HttpCallError, HttpClient, HttpLimits, HttpRequest
from vectal.platform.ids import new_id
from vectal.platform.resilience import BreakerOpenError

TIMEOUT_S: Final = 60.0
_ANSWER_BYTES: Final = 256 << 10
_OF_STRANGERS: Final = frozenset[Taint](("untrusted",))


class WorkflowToolService:
    """`address` and `client` are those of the operator's n8n; None where there is none."""

    def __init__(
        self,
        database: Database,
        keyring: Keyring,
        address: N8nAddress | None,
        client: HttpClient | None,
        clock: Clock | None = None,
    ) -> None:
        self._database = database
        self._keyring = keyring
        self.address = address
        self._client = client
        self._clock = clock or SystemClock()

    @property
    def webhook_base(self) -> str | None:
        """What addresses of webhooks begin with; None where n8n is not set up."""
        return None if self.address is None else self.address.webhooks

    async def list_all(self, scope: DataScope) -> list[WorkflowTool]:
        """By name."""
        async with self._database.read(scope) as session:
            return [_shown(row) for row in await sql.list_all(session, scope)]

    async def get(self, scope: DataScope, tool_id: UUID) -> WorkflowTool:
        """Raises `WorkflowToolNotFoundError`."""
        async with self._database.read(scope) as session:
            return _shown(await self._find(session, scope, tool_id))

    async def add(self, principal: Principal, draft: WorkflowToolDraft) -> WorkflowTool:
        """Raises `WorkflowToolNameTakenError`, `WorkflowToolLimitError`, `NoSuchEngineError`."""
        path, tool_id = self._path_of(draft.webhook_url), new_id()
        _check_schema(draft.input_schema)
        async with self._database.transaction(principal) as session:
            await sql.lock_workspace(session, principal)
            if await sql.find_by_name(session, principal, draft.name) is not None:
                raise WorkflowToolNameTakenError
            if await sql.count(session, principal) >= MAX_WORKFLOW_TOOLS:
                raise WorkflowToolLimitError
            row = WorkflowToolRow(
                workspace_id=principal.workspace_id,
                id=tool_id,
                name=draft.name,
                title=draft.title,
                description=draft.description,
                input_schema=draft.input_schema,
                webhook_path=path,
                sealed_secret=await self._seal(session, principal, tool_id, draft.secret),
                is_enabled=draft.is_enabled,
                made_by=principal.user_id,
            )
            session.add(row)
            await session.flush()
            await session.refresh(row)
            return _shown(row)

    async def change(
        self, principal: Principal, tool_id: UUID, change: WorkflowToolChange
    ) -> WorkflowTool:
        """Counts from the next step of every run. Raises `WorkflowToolNotFoundError`."""
        plain = {"title", "description", "input_schema", "is_enabled"}
        values: dict[str, Any] = {
            name: value for name in plain if (value := getattr(change, name)) is not None
        }
        if change.input_schema is not None:
            _check_schema(change.input_schema)
        if change.webhook_url is not None:
            values["webhook_path"] = self._path_of(change.webhook_url)
        async with self._database.transaction(principal) as session:
            await self._find(session, principal, tool_id)
            if change.secret is not None:
                values["sealed_secret"] = await self._seal(
                    session, principal, tool_id, change.secret
                )
            row = await sql.change(session, principal, tool_id, values)
            if row is None:
                raise WorkflowToolNotFoundError
            return _shown(row)

    async def remove(self, principal: Principal, tool_id: UUID) -> None:
        """Raises `WorkflowToolNotFoundError`."""
        async with self._database.transaction(principal) as session:
            if not await sql.remove(session, principal, tool_id):
                raise WorkflowToolNotFoundError

    async def tools_of(self, principal: Principal) -> Sequence[AnyTool]:
        """Implements the port of runs: the tools of the principal's workspace that are on."""
        scopes = principal.scopes
        is_allowed = TokenScope.ALL in scopes or TokenScope.AGENTS_WRITE in scopes
        if self._client is None or self.address is None or not is_allowed:
            return ()
        return [self._tool(each) for each in await self.list_all(principal) if each.is_enabled]

    def _tool(self, one: WorkflowTool) -> AnyTool:
        async def call(context: ToolContext, given: FreeInput) -> ToolOutput:
            return await self._call(one, context, given)

        return Tool(
            name=one.tool_name,
            title=one.title,
            description=one.description,
            input=input_of(one.input_schema),
            scope=TokenScope.AGENTS_WRITE,
            mode="write",
            effect="unsafe",
            handler=call,
            egress="write",
            returns=_OF_STRANGERS,
            timeout_s=TIMEOUT_S,
        )

    async def _call(self, one: WorkflowTool, context: ToolContext, given: FreeInput) -> ToolOutput:
        scope = context.principal
        if self._client is None or self.address is None:
            raise NoSuchEngineError
        async with self._database.read(scope) as session:
            # Anew: it may have been changed, or taken away, since the run was last opened.
            row = await self._find(session, scope, one.id)
            secret = (
                await self._keyring.open(
                    session, _owner(scope), row.sealed_secret, _place(scope, one.id)
                )
            ).decode()
        content = msgspec.json.encode({"arguments": given.root, "call_id": context.call_id})
        claims = {"call": context.call_id, "sha256": hashlib.sha256(content).hexdigest()}
        token = sign_request(secret, claims, self._clock.now())
        request = HttpRequest(
            "POST",
            self.address.webhook(row.webhook_path),
            {
                "authorization": f"Bearer {token}",
                "content-type": "application/json",
                "idempotency-key": context.call_id,
            },
            content,
            HttpLimits(TIMEOUT_S - 5.0, first_byte_s=TIMEOUT_S - 5.0, max_bytes=_ANSWER_BYTES),
        )
        caller = Caller("n8n tool", scope.workspace_id, scope.user_id)
        try:
            answer = await self._client.send(request, caller)
        except (HttpCallError, BreakerOpenError) as error:
            raise WorkflowCallError(f"The workflow can't be reached: {error}") from error
        words = answer.body.decode("utf-8", "replace")
        ok = answer.ok
        return ToolOutput(words, f"{one.title}: {'done' if ok else answer.status}", ok=ok)

    def _path_of(self, url: str) -> str:
        """Below /webhook/ at the operator's n8n; anything else is refused."""
        if self.address is None:
            raise NoSuchEngineError("n8n is not set up here.")
        prefix = self.address.webhooks
        path = url.removeprefix(prefix)
        why = "" if url.startswith(prefix) else "it is no webhook of that n8n"
        try:
            self.address.webhook(path)
        except ValueError as error:
            why = why or str(error)
        if why:
            raise InvalidInputError(
                f"The address begins with {prefix}: {why}.", pointer="/webhook_url"
            )
        return path

    async def _find(self, session: ReadSession, scope: DataScope, tool_id: UUID) -> WorkflowToolRow:
        row = await sql.find(session, scope, tool_id)
        if row is None:
            raise WorkflowToolNotFoundError
        return row

    async def _seal(
        self, session: WriteSession, scope: DataScope, tool_id: UUID, secret: str
    ) -> bytes:
        return await self._keyring.seal(
            session, _owner(scope), secret.encode(), _place(scope, tool_id)
        )


def _check_schema(schema: dict[str, Any]) -> None:
    try:
        input_of(schema)
    except BadSchemaError as error:
        raise InvalidInputError(f"Not usable: {error}.", pointer="/input_schema") from error


def _shown(row: WorkflowToolRow) -> WorkflowTool:
    return WorkflowTool(
        id=row.id,
        name=row.name,
        title=row.title,
        description=row.description,
        input_schema=row.input_schema,
        webhook_path=row.webhook_path,
        is_enabled=row.is_enabled,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


def _owner(scope: DataScope) -> KeyOwner:
    return KeyOwner.workspace(scope.workspace_id)


def _place(scope: DataScope, tool_id: UUID) -> Aad:
    return Aad("workflow_tools", "sealed_secret", str(tool_id), scope.workspace_id)

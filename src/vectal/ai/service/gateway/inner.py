"""Calls that the product makes itself, by the same way as outside clients."""

from __future__ import annotations

from vectal.accounts.contracts import Role
from vectal.ai.contracts import Purpose
from vectal.ai.proxy.wires.registry import wire
from vectal.ai.service.gateway.call import IncomingCall
from vectal.auth.principal import Principal
from vectal.platform.db import DataScope
from vectal.platform.ids import new_id


def inner_call(scope: DataScope, body: bytes, purpose: Purpose) -> IncomingCall:
    """A call on behalf of a person or a workspace, in OpenAI's shape; its budgets pay."""
    return IncomingCall(
        principal=Principal(scope.user_id, scope.workspace_id, Role.MEMBER),
        wire=wire("chat_completions"),
        body=body,
        request_id=str(new_id()),
        purpose=purpose,
    )

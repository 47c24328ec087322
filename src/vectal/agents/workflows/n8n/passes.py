"""What proves who calls: passes of runs, the pass of the deployment, and signed requests to n8n.

All of them are made from one key of the installation, each for its own purpose. A pass of a run
lets its bearer ask for the next step of that run, by one execution, until the run's deadline; it
opens nothing and shows nothing.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

import msgspec

from vectal.platform.db import Scope

_FORM: Final = struct.Struct(">16s16s16sIQ")
"""Workspace, person, run, drive, seconds since 1970."""
_MAC_BYTES: Final = 32
_PASS_CHARS: Final = 200
_REQUEST_LIFETIME: Final = timedelta(minutes=5)
_JWT_HEADER: Final = {"alg": "HS256", "typ": "JWT"}


@dataclass(frozen=True, slots=True)
class RunPass:
    """Whose run, which, and which of the executions that were begun for it."""

    scope: Scope
    run_id: UUID
    drive: int


class WorkflowKeys:
    """Signs and checks; `key` is the installation's own."""

    def __init__(self, key: bytes) -> None:
        self._run_key = _derive(key, b"run")
        self.deploy_pass: Final = "vwd_" + _b64(_derive(key, b"deployment"))
        """What our error workflow sends."""
        self.webhook_secret: Final = _b64(_derive(key, b"webhook"))
        """What n8n checks our requests with."""

    def sign_run(self, run: RunPass, expires_at: datetime) -> str:
        body = _FORM.pack(
            run.scope.workspace_id.bytes,
            run.scope.user_id.bytes,
            run.run_id.bytes,
            run.drive,
            int(expires_at.timestamp()),
        )
        return "vwr_" + _b64(body + self._mac(body))

    def read_run(self, text: str, now: datetime) -> RunPass | None:
        """None for what is no pass of ours, or has expired."""
        raw = _unb64(text.removeprefix("vwr_")) if text.startswith("vwr_") else b""
        if len(raw) != _FORM.size + _MAC_BYTES:
            return None
        body, mac = raw[: _FORM.size], raw[_FORM.size :]
        if not hmac.compare_digest(self._mac(body), mac):
            return None
        fields: tuple[Any, ...] = _FORM.unpack(body)
        workspace, person, run, drive, until = fields
        if datetime.fromtimestamp(until, UTC) <= now:
            return None
        return RunPass(Scope(UUID(bytes=workspace), UUID(bytes=person)), UUID(bytes=run), drive)

    def is_deployment(self, text: str) -> bool:
        return hmac.compare_digest(self.deploy_pass.encode(), text.encode())

    def _mac(self, body: bytes) -> bytes:
        return hmac.digest(self._run_key, body, "sha256")


def sign_request(secret: str, claims: Mapping[str, Any], now: datetime) -> str:
    """A JWT (HS256) that n8n's own webhooks check; it holds for five minutes."""
    issued = int(now.timestamp())
    until = issued + int(_REQUEST_LIFETIME.total_seconds())
    payload = {**claims, "iss": "vectal", "iat": issued, "exp": until}
    signed = f"{_b64(msgspec.json.encode(_JWT_HEADER))}.{_b64(msgspec.json.encode(payload))}"
    return f"{signed}.{_b64(hmac.digest(secret.encode(), signed.encode(), 'sha256'))}"


def _derive(key: bytes, purpose: bytes) -> bytes:
    return hmac.digest(key, b"vectal.agents.workflows." + purpose, "sha256")


def _b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _unb64(text: str) -> bytes:
    if len(text) > _PASS_CHARS or not text.isascii():
        return b""
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (ValueError, binascii.Error):
        return b""

"""Links that open one version without a credential, until they expire.

A link names its maker, and is signed under the maker's own key: it ends with the membership, with
the file, and with the key. Sealed bytes can only be given out by the house, so there are no links
to the object storage.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import struct
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Self
from uuid import UUID

from vectal.auth.principal import Principal
from vectal.files.contracts import Disposition
from vectal.files.errors import LinkError
from vectal.files.limits import LONGEST_LINK
from vectal.files.ports import Standing
from vectal.files.sealing import Seals
from vectal.files.service.content import ContentService, OpenVersion
from vectal.platform.clock import Clock
from vectal.platform.db import Database, Scope

_FORM: Final = struct.Struct(">16s16s16sIB7s")
"""Workspace, person, file, version, disposition, seconds since 1970."""
_MAC_BYTES: Final = 16
_TOKEN_CHARS: Final = 4 * (_FORM.size + _MAC_BYTES) // 3 + 4
_DISPOSITIONS: Final[tuple[Disposition, ...]] = ("attachment", "inline")


@dataclass(frozen=True, slots=True)
class Link:
    token: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Linked:
    """What a link opens, and how it is to be given out."""

    opened: OpenVersion
    disposition: Disposition


@dataclass(frozen=True, slots=True)
class _Said:
    """What a link says of itself, before anybody has believed it."""

    scope: Scope
    file_id: UUID
    number: int
    how: int
    until: int

    @classmethod
    def read(cls, body: bytes) -> Self:
        fields: tuple[Any, ...] = _FORM.unpack(body)
        workspace, person, file, number, how, until = fields
        scope = Scope(UUID(bytes=workspace), UUID(bytes=person))
        return cls(scope, UUID(bytes=file), number, how, int.from_bytes(until, "big"))

    @property
    def expires_at(self) -> datetime:
        return datetime.fromtimestamp(self.until, UTC)


@dataclass(frozen=True, slots=True)
class LinkService:
    database: Database
    seals: Seals
    content: ContentService
    standing: Standing
    clock: Clock

    async def create(
        self,
        principal: Principal,
        file_id: UUID,
        number: int | None,
        disposition: Disposition,
        lifetime: timedelta,
    ) -> Link:
        """For a version that the principal may read now; raises what opening it raises."""
        opened = await self.content.open_version(principal, file_id, number)
        expires_at = self.clock.now() + min(lifetime, LONGEST_LINK)
        body = _FORM.pack(
            principal.workspace_id.bytes,
            principal.user_id.bytes,
            file_id.bytes,
            opened.version.number,
            _DISPOSITIONS.index(disposition),
            int(expires_at.timestamp()).to_bytes(7, "big"),
        )
        async with self.database.transaction(principal) as session:
            mac = await self.seals.sign(session, principal, body.hex())
        token = base64.urlsafe_b64encode(body + mac).rstrip(b"=").decode()
        return Link(token, expires_at)

    async def open(self, token: str) -> Linked:
        """Raises `LinkError` for what is no link, has expired, or whose maker has left."""
        body, mac = _split(token)
        said = _Said.read(body)
        scope = said.scope
        async with self.database.read(scope) as session:
            right = await self.seals.sign(session, scope, body.hex())
        # Only what we have signed is looked at any further.
        if not hmac.compare_digest(right, mac) or said.expires_at <= self.clock.now():
            raise LinkError
        if not await self.standing.is_member(scope):
            raise LinkError
        opened = await self.content.open_version(scope, said.file_id, said.number)
        return Linked(opened, _DISPOSITIONS[said.how])


def _split(token: str) -> tuple[bytes, bytes]:
    if len(token) > _TOKEN_CHARS or not token.isascii():
        raise LinkError
    try:
        raw = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
    except (ValueError, binascii.Error) as error:
        raise LinkError from error
    if len(raw) != _FORM.size + _MAC_BYTES:
        raise LinkError
    return raw[: _FORM.size], raw[_FORM.size :]

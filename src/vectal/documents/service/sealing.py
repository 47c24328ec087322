"""Pages and reports, sealed for whom the file belongs to and bound to their place."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import Final
from uuid import UUID, uuid5

import msgspec

from vectal.documents.extraction.contracts import Notice, Page
from vectal.documents.tables import DocumentRow, PageRow
from vectal.platform.crypto import Aad, KeyOwner, Keyring, UnreadableError
from vectal.platform.db import DataScope, ReadSession

_MOST_NOTICES: Final = 100
_LONGEST_PAGE: Final = 64 << 20
"""Bytes of a page with its spans."""


class Report(msgspec.Struct, frozen=True):
    """What is said of a document in words; they may quote it."""

    detail: str = ""
    title: str = ""
    notices: tuple[Notice, ...] = ()

    def with_notices(self, more: tuple[Notice, ...]) -> Report:
        known = dict.fromkeys((*self.notices, *more))
        return msgspec.structs.replace(self, notices=tuple(known)[:_MOST_NOTICES])


def owner_key(scope: DataScope, owner_id: UUID | None) -> KeyOwner:
    """A person's key for what is private, the workspace's for what is shared (None)."""
    if owner_id is None:
        return KeyOwner.workspace(scope.workspace_id)
    return KeyOwner.user(owner_id)


@dataclass(frozen=True, slots=True)
class DocumentSeals:
    keyring: Keyring

    async def seal_page(
        self,
        session: ReadSession,
        scope: DataScope,
        document_id: UUID,
        owner_id: UUID | None,
        page: Page,
    ) -> bytes:
        plain = zlib.compress(msgspec.msgpack.encode(page), 1)
        place = _page_place(scope, document_id, page.number)
        return await self.keyring.seal(session, owner_key(scope, owner_id), plain, place)

    async def open_page(self, session: ReadSession, scope: DataScope, row: PageRow) -> Page:
        plain = await self.keyring.open(
            session,
            owner_key(scope, row.owner_id),
            row.sealed_page,
            _page_place(scope, row.document_id, row.number),
        )
        unpacking = zlib.decompressobj()
        packed = unpacking.decompress(plain, _LONGEST_PAGE)
        if unpacking.unconsumed_tail:
            raise UnreadableError
        return msgspec.msgpack.decode(packed, type=Page)

    async def seal_report(
        self,
        session: ReadSession,
        scope: DataScope,
        document_id: UUID,
        owner_id: UUID | None,
        report: Report,
    ) -> bytes:
        place = Aad("documents", "sealed_report", document_id, scope.workspace_id)
        plain = msgspec.json.encode(report)
        return await self.keyring.seal(session, owner_key(scope, owner_id), plain, place)

    async def open_report(self, session: ReadSession, scope: DataScope, row: DocumentRow) -> Report:
        if row.sealed_report is None:
            return Report()
        place = Aad("documents", "sealed_report", row.id, scope.workspace_id)
        owner = owner_key(scope, row.owner_id)
        plain = await self.keyring.open(session, owner, row.sealed_report, place)
        return msgspec.json.decode(plain, type=Report)


def _page_place(scope: DataScope, document_id: UUID, number: int) -> Aad:
    row = uuid5(document_id, f"page:{number}")
    return Aad("document_pages", "sealed_page", row, scope.workspace_id)

"""Names and keys of files, sealed for whom they belong to and bound to their place.

What is private is sealed under its owner's key, what is shared under the workspace's, so that
destroying a key erases what it sealed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from vectal.files.names import name_key
from vectal.platform.crypto import Aad, KeyOwner, Keyring
from vectal.platform.crypto.words import words_of
from vectal.platform.db import DataScope, ReadSession

_MOST_WORDS: Final = 40
# No word that is searched for has a NUL, so none of these is ever found by one.
_NAME: Final = "files.name\0"
_CONTENT: Final = "files.content\0"
_LINK: Final = "files.link\0"


def key_owner(scope: DataScope, owner_id: UUID | None) -> KeyOwner:
    """A person's key for what is private, the workspace's for what is shared (None)."""
    if owner_id is None:
        return KeyOwner.workspace(scope.workspace_id)
    return KeyOwner.user(owner_id)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a sealed value lies, and whose key seals it."""

    table: str
    column: str
    id: UUID
    owner_id: UUID | None


@dataclass(frozen=True, slots=True)
class SealedName:
    """A name as rows keep it: sealed, comparable within a folder, searchable by its words."""

    sealed: bytes
    key: bytes
    words: list[bytes]


class Seals:
    """Seals and opens for the workspace and the person of a scope."""

    def __init__(self, keyring: Keyring) -> None:
        self._keyring = keyring

    async def seal(
        self, session: ReadSession, scope: DataScope, place: Place, plaintext: bytes
    ) -> bytes:
        owner = key_owner(scope, place.owner_id)
        return await self._keyring.seal(session, owner, plaintext, _aad(scope, place))

    async def open(
        self, session: ReadSession, scope: DataScope, place: Place, sealed: bytes
    ) -> bytes:
        owner = key_owner(scope, place.owner_id)
        return await self._keyring.open(session, owner, sealed, _aad(scope, place))

    async def name(
        self, session: ReadSession, scope: DataScope, place: Place, name: str
    ) -> SealedName:
        owner = key_owner(scope, place.owner_id)
        words = words_of(split_name(name))[:_MOST_WORDS]
        marks = await self._keyring.blind_index(session, owner, [_NAME + name_key(name), *words])
        sealed = await self.seal(session, scope, place, name.encode())
        return SealedName(sealed, marks[0], sorted(set(marks[1:])))

    async def name_keys(
        self, session: ReadSession, scope: DataScope, owner_id: UUID | None, names: Sequence[str]
    ) -> list[bytes]:
        """What rows keep of each name to compare it by."""
        owner = key_owner(scope, owner_id)
        keys = [_NAME + name_key(name) for name in names]
        return await self._keyring.blind_index(session, owner, keys)

    async def words(
        self, session: ReadSession, scope: DataScope, text: str
    ) -> list[tuple[bytes, ...]]:
        """For each word, its marks under the person's key and under the workspace's."""
        words = words_of(split_name(text))[:_MOST_WORDS]
        forms = [
            await self._keyring.blind_index(session, owner, words)
            for owner in (KeyOwner.user(scope.user_id), KeyOwner.workspace(scope.workspace_id))
        ]
        return list(zip(*forms, strict=True))

    async def content_key(
        self, session: ReadSession, scope: DataScope, owner_id: UUID | None, digest: bytes
    ) -> bytes:
        """What equal content has in common, for those alone who have the key."""
        owner = key_owner(scope, owner_id)
        return (await self._keyring.blind_index(session, owner, [_CONTENT + digest.hex()]))[0]

    async def sign(self, session: ReadSession, scope: DataScope, text: str) -> bytes:
        """A MAC of 128 bits under the person's own key."""
        owner = KeyOwner.user(scope.user_id)
        return (await self._keyring.blind_index(session, owner, [_LINK + text]))[0]


def split_name(name: str) -> str:
    """`annual_report-2026.pdf` as words; a dot or a dash in a name parts them."""
    return "".join(each if each.isalnum() or each in "'\u2019" else " " for each in name)


def _aad(scope: DataScope, place: Place) -> Aad:
    return Aad(place.table, place.column, place.id, scope.workspace_id)

"""Vectors in Chroma, over its REST API v2: a database a workspace, a collection a model."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias
from urllib.parse import quote
from uuid import UUID

from msgspec import Struct

from vectal.documents.errors import VectorsUnavailableError
from vectal.documents.index import (
    VectorEntry,
    VectorHit,
    VectorPage,
    VectorPlace,
    VectorSpace,
)
from vectal.documents.index.remote import (
    NOBODY,
    StoreHttp,
    ask_in_parts,
    in_batches,
    name_of,
    owner_of,
    owners_for,
    read,
    read_owner,
    refused,
    understood,
)
from vectal.platform.db import DataScope, Scope
from vectal.platform.http.messages import HttpResponse

TENANT: Final = "default_tenant"
_NUMBERS_AT_ONCE: Final = 150_000
_ROWS_AT_ONCE: Final = 200
_COLLECTIONS: Final = 1_000
_ROUNDS: Final = 1_000
_KNOWN: Final = 10_000
_BAD: Final = 400
_MISSING: Final = 404
_EXISTS: Final = 409
_NO_DATABASE: Final = b"does not exist"

_Where: TypeAlias = dict[str, Any]


class _Collection(Struct):
    id: str
    name: str
    metadata: dict[str, Any] | None = None


class _Rows(Struct):
    ids: list[str]
    embeddings: list[list[float]] | None = None
    metadatas: list[dict[str, Any] | None] | None = None


class _Hits(Struct):
    ids: list[list[str]]
    distances: list[list[float | None]] | None = None


@dataclass(frozen=True, slots=True)
class ChromaIndex:
    """Collections are found by name once, and looked up again when the store has lost them."""

    http: StoreHttp
    tenant: str = TENANT
    _known: dict[tuple[UUID, str], str] = field(
        default_factory=dict[tuple[UUID, str], str], init=False
    )

    async def upsert(
        self, scope: DataScope, space: VectorSpace, entries: Sequence[VectorEntry]
    ) -> None:
        space.check([each.vector for each in entries])
        for batch in in_batches(entries, _NUMBERS_AT_ONCE, _ROWS_AT_ONCE):
            body = {
                "ids": [str(each.chunk_id) for each in batch],
                "embeddings": [each.vector for each in batch],
                "metadatas": [_told_of(each) for each in batch],
            }
            answer = await self._ask(scope, await self._open(scope, space), "upsert", body)
            if answer is None:  # somebody has deleted it behind our back
                answer = await self._ask(scope, await self._open(scope, space), "upsert", body)
            if answer is None:
                raise VectorsUnavailableError

    async def query(
        self,
        scope: DataScope,
        space: VectorSpace,
        vector: Sequence[float],
        *,
        limit: int,
        file_ids: Collection[UUID] | None = None,
    ) -> list[VectorHit]:
        space.check([vector])

        async def ask(names: Sequence[str] | None) -> list[VectorHit]:
            where: list[_Where] = [{"hidden": False}, {"owner": {"$in": owners_for(scope)}}]
            if names is not None:
                where.append({"file": {"$in": list(names)}})
            body = {
                "query_embeddings": [list(vector)],
                "n_results": limit,
                "where": {"$and": where},
                "include": ["distances"],
            }
            answer = await self._ask_space(scope, space, "query", body)
            return [] if answer is None else _hits(read(answer, _Hits))

        return await ask_in_parts(ask, file_ids, limit)

    async def revise(
        self, scope: DataScope, file_id: UUID, *, owner_id: UUID | None, is_hidden: bool
    ) -> None:
        owner = owner_of(owner_id)
        stale: _Where = {"$or": [{"owner": {"$ne": owner}}, {"hidden": {"$ne": is_hidden}}]}
        wanted: dict[str, Any] = {
            "where": {"$and": [{"file": str(file_id)}, stale]},
            "limit": _ROWS_AT_ONCE,
            "include": [],
        }
        for collection in await self._collections(scope):
            for _ in range(_ROUNDS):  # each round leaves fewer of them
                answer = await self._ask(scope, collection.id, "get", wanted)
                ids = [] if answer is None else read(answer, _Rows).ids
                if not ids:
                    break
                told = [{"owner": owner, "hidden": is_hidden}] * len(ids)
                await self._ask(scope, collection.id, "update", {"ids": ids, "metadatas": told})

    async def delete_documents(self, scope: DataScope, document_ids: Collection[UUID]) -> None:
        await self._delete_by(scope, "document", document_ids)

    async def delete_files(self, scope: DataScope, file_ids: Collection[UUID]) -> None:
        await self._delete_by(scope, "file", file_ids)

    async def delete_other_models(self, scope: DataScope, document_id: UUID, model_id: str) -> None:
        for collection in await self._collections(scope):
            if (collection.metadata or {}).get("model") != model_id:
                where = {"document": str(document_id)}
                await self._ask(scope, collection.id, "delete", {"where": where})

    async def drop_workspace(self, workspace_id: UUID) -> None:
        scope = Scope(workspace_id, NOBODY)
        await self.http.ask(scope, "DELETE", self._path(workspace_id), also=[_MISSING])
        for key in [each for each in self._known if each[0] == workspace_id]:
            self._known.pop(key, None)

    async def fetch(
        self,
        scope: DataScope,
        space: VectorSpace,
        document_id: UUID,
        chunk_ids: Collection[UUID],
    ) -> list[VectorEntry]:
        if not chunk_ids:
            return []
        body = {
            "ids": [str(each) for each in chunk_ids],
            "where": {"document": str(document_id)},
            "include": ["embeddings", "metadatas"],
        }
        answer = await self._ask_space(scope, space, "get", body)
        return [] if answer is None else _entries(read(answer, _Rows), document_id)

    async def scan(
        self, workspace_id: UUID, space: VectorSpace, *, cursor: str | None = None, limit: int = 100
    ) -> VectorPage:
        offset = int(cursor or 0)
        body = {"limit": limit, "offset": offset, "include": ["metadatas"]}
        answer = await self._ask_space(Scope(workspace_id, NOBODY), space, "get", body)
        if answer is None:
            return VectorPage(())
        rows = read(answer, _Rows)
        with understood():
            places = [
                VectorPlace(UUID(chunk_id), UUID((told or {})["document"]))
                for chunk_id, told in zip(rows.ids, rows.metadatas or (), strict=True)
            ]
        return VectorPage(places, str(offset + limit) if len(places) == limit else None)

    async def _delete_by(self, scope: DataScope, field_: str, ids: Collection[UUID]) -> None:
        names = sorted(str(each) for each in ids)
        if not names:
            return
        for collection in await self._collections(scope):
            for start in range(0, len(names), _ROWS_AT_ONCE):
                where = {field_: {"$in": names[start : start + _ROWS_AT_ONCE]}}
                await self._ask(scope, collection.id, "delete", {"where": where})

    def _path(self, workspace_id: UUID, *rest: str) -> str:
        parts = ["api/v2/tenants", quote(self.tenant, safe=""), "databases"]
        return "/" + "/".join([*parts, f"vectal-{workspace_id.hex}", *rest])

    async def _collections(self, scope: DataScope) -> list[_Collection]:
        """Of the workspace, one a model; none of a database that is not there."""
        path = self._path(scope.workspace_id, f"collections?limit={_COLLECTIONS}&offset=0")
        answer = await self.http.ask(scope, "GET", path, also=[_MISSING])
        return [] if answer.status == _MISSING else read(answer, list[_Collection])

    async def _open(self, scope: DataScope, space: VectorSpace) -> str:
        """The collection's id; it is made, and its database, where there is none."""
        key = scope.workspace_id, name_of(space)
        if key in self._known:
            return self._known[key]
        body = {
            "name": key[1],
            "get_or_create": True,
            "metadata": {"model": space.model_id, "dimensions": space.dimensions},
            "configuration": {"hnsw": {"space": "cosine"}, "embedding_function": None},
        }
        path = self._path(scope.workspace_id, "collections")
        answer = await self.http.ask(scope, "POST", path, body, also=[_BAD, _MISSING])
        if not answer.ok and _NO_DATABASE in answer.body:
            made = {"name": f"vectal-{scope.workspace_id.hex}"}
            databases = self._path(scope.workspace_id).rpartition("/")[0]
            await self.http.ask(scope, "POST", databases, made, also=[_EXISTS])
            answer = await self.http.ask(scope, "POST", path, body)
        if not answer.ok:
            raise refused(answer)
        return self._remember(key, answer)

    def _remember(self, key: tuple[UUID, str], answer: HttpResponse) -> str:
        if len(self._known) >= _KNOWN:
            self._known.clear()
        found = self._known[key] = read(answer, _Collection).id
        return found

    async def _ask_space(
        self, scope: DataScope, space: VectorSpace, verb: str, body: object
    ) -> HttpResponse | None:
        """Of the collection of a space; None when there is none."""
        key = scope.workspace_id, name_of(space)
        for _ in range(2):  # what was known of it may be over
            if key not in self._known:
                path = self._path(scope.workspace_id, "collections", key[1])
                answer = await self.http.ask(scope, "GET", path, also=[_BAD, _MISSING])
                if not answer.ok:
                    return None
                self._remember(key, answer)
            found = await self._ask(scope, self._known[key], verb, body)
            if found is not None:
                return found
        return None

    async def _ask(
        self, scope: DataScope, collection_id: str, verb: str, body: object
    ) -> HttpResponse | None:
        """None when the collection is gone, which is forgotten then."""
        path = self._path(scope.workspace_id, "collections", collection_id, verb)
        answer = await self.http.ask(scope, "POST", path, body, also=[_MISSING])
        if answer.status != _MISSING:
            return answer
        for key in [key for key, known in self._known.items() if known == collection_id]:
            self._known.pop(key, None)
        return None


def _told_of(entry: VectorEntry) -> dict[str, Any]:
    return {
        "document": str(entry.document_id),
        "file": str(entry.file_id),
        "owner": owner_of(entry.owner_id),
        "hidden": entry.is_hidden,
    }


def _hits(found: _Hits) -> list[VectorHit]:
    """Chroma's cosine distance is 1 less the cosine."""
    if not found.ids:
        return []
    with understood():
        distances = (found.distances or [[]])[0]
        return [
            VectorHit(UUID(chunk_id), 1.0 - distance)
            for chunk_id, distance in zip(found.ids[0], distances, strict=True)
            if distance is not None
        ]


def _entries(rows: _Rows, document_id: UUID) -> list[VectorEntry]:
    told = rows.metadatas or ()
    with understood():
        return [
            VectorEntry(
                UUID(chunk_id),
                document_id,
                UUID(each["file"]),
                read_owner(each["owner"]),
                vector,
                each["hidden"] is True,
            )
            for chunk_id, vector, each in zip(rows.ids, rows.embeddings or (), told, strict=True)
            if each is not None
        ]

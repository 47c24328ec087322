"""Vectors in Pinecone: an index a model, since an index has one length; a namespace a workspace."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final
from urllib.parse import quote, urlsplit
from uuid import UUID

from msgspec import Struct
from msgspec import field as renamed

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
    understood,
)
from vectal.platform.db import DataScope, Scope

API_VERSION: Final = "2025-10"
_PREFIX: Final = "vectal-"
_NUMBERS_AT_ONCE: Final = 120_000
"""A request holds no more than 2 MB; a number is written with up to twelve characters or so."""
_ROWS_AT_ONCE: Final = 500
_MOST_FILES: Final = 100
_MISSING: Final = 404
_EXISTS: Final = 409


class _Status(Struct, frozen=True):
    ready: bool = False


class _Index(Struct):
    name: str
    dimension: int
    host: str = ""
    status: _Status = _Status()


class _Indexes(Struct):
    indexes: list[_Index] = []


class _Match(Struct):
    id: str
    score: float = 0.0


class _Matches(Struct):
    matches: list[_Match] = []


class _Vector(Struct):
    id: str
    values: list[float] = []
    metadata: dict[str, Any] = {}


class _Vectors(Struct):
    vectors: dict[str, _Vector] = {}


class _Next(Struct):
    next: str | None = None


class _Id(Struct):
    id: str


class _Ids(Struct):
    vectors: list[_Id] = []
    pagination: _Next | None = None


class _Upserted(Struct):
    count: int = renamed(name="upsertedCount", default=0)


@dataclass(frozen=True, slots=True)
class PineconeIndex:
    """`http` leads to the control plane, which says where each index lives."""

    http: StoreHttp
    cloud: str = "aws"
    region: str = "us-east-1"
    _known: dict[str, StoreHttp] = field(default_factory=dict[str, StoreHttp], init=False)

    async def upsert(
        self, scope: DataScope, space: VectorSpace, entries: Sequence[VectorEntry]
    ) -> None:
        space.check([each.vector for each in entries])
        if not entries:
            return
        index = await self._open(scope, space)
        for batch in in_batches(entries, _NUMBERS_AT_ONCE, _ROWS_AT_ONCE):
            body = {
                "namespace": str(scope.workspace_id),
                "vectors": [
                    {
                        "id": _id_of(each.document_id, each.chunk_id),
                        "values": [round(number, 7) for number in each.vector],
                        "metadata": _told_of(each),
                    }
                    for each in batch
                ],
            }
            answer = await index.ask(scope, "POST", "/vectors/upsert", body)
            if read(answer, _Upserted).count != len(batch):
                raise VectorsUnavailableError("It has not stored everything.")

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
        index = await self._find(scope, space)
        if index is None or limit < 1:
            return []

        async def ask(names: Sequence[str] | None) -> list[VectorHit]:
            where: list[dict[str, Any]] = [
                {"hidden": {"$eq": False}},
                {"owner": {"$in": owners_for(scope)}},
            ]
            if names is not None:
                where.append({"file": {"$in": list(names)}})
            body = {
                "namespace": str(scope.workspace_id),
                "vector": list(vector),
                "topK": limit,
                "filter": {"$and": where},
                "includeValues": False,
                "includeMetadata": False,
            }
            found = read(await index.ask(scope, "POST", "/query", body), _Matches).matches
            return [VectorHit(_place_of(each.id).chunk_id, each.score) for each in found]

        return await ask_in_parts(ask, file_ids, limit)

    async def revise(
        self, scope: DataScope, file_id: UUID, *, owner_id: UUID | None, is_hidden: bool
    ) -> None:
        body = {
            "namespace": str(scope.workspace_id),
            "filter": {"file": {"$eq": str(file_id)}},
            "setMetadata": {"owner": owner_of(owner_id), "hidden": is_hidden},
        }
        for _, index in await self._all(scope):
            await index.ask(scope, "POST", "/vectors/update", body, also=[_MISSING])

    async def delete_documents(self, scope: DataScope, document_ids: Collection[UUID]) -> None:
        for _, index in await self._all(scope) if document_ids else ():
            await self._delete_by(scope, index, "document", document_ids)

    async def delete_files(self, scope: DataScope, file_ids: Collection[UUID]) -> None:
        for _, index in await self._all(scope) if file_ids else ():
            await self._delete_by(scope, index, "file", file_ids)

    async def delete_other_models(self, scope: DataScope, document_id: UUID, model_id: str) -> None:
        for found, index in await self._all(scope):
            if found.name != _name_of(VectorSpace(model_id, found.dimension)):
                await self._delete_by(scope, index, "document", [document_id])

    async def drop_workspace(self, workspace_id: UUID) -> None:
        scope = Scope(workspace_id, NOBODY)
        for _, index in await self._all(scope):
            await index.ask(scope, "DELETE", f"/namespaces/{workspace_id}", also=[_MISSING])

    async def fetch(
        self,
        scope: DataScope,
        space: VectorSpace,
        document_id: UUID,
        chunk_ids: Collection[UUID],
    ) -> list[VectorEntry]:
        index = await self._find(scope, space)
        ids = [_id_of(document_id, each) for each in chunk_ids]
        if index is None or not ids:
            return []
        found = await self._fetch(scope, index, ids)
        with understood():
            return [
                VectorEntry(
                    _place_of(each.id).chunk_id,
                    document_id,
                    UUID(each.metadata["file"]),
                    read_owner(each.metadata["owner"]),
                    each.values,
                    each.metadata["hidden"] is True,
                )
                for each in found.values()
            ]

    async def scan(
        self, workspace_id: UUID, space: VectorSpace, *, cursor: str | None = None, limit: int = 100
    ) -> VectorPage:
        scope = Scope(workspace_id, NOBODY)
        index = await self._find(scope, space)
        if index is None:
            return VectorPage(())
        after = "" if cursor is None else f"&paginationToken={quote(cursor, safe='')}"
        path = f"/vectors/list?namespace={workspace_id}&limit={min(limit, 100)}{after}"
        answer = await index.ask(scope, "GET", path, also=[_MISSING])
        if not answer.ok:
            return VectorPage(())
        found = read(answer, _Ids)
        places = [_place_of(each.id) for each in found.vectors]
        return VectorPage(places, found.pagination.next if found.pagination else None)

    async def _fetch(
        self, scope: DataScope, index: StoreHttp, ids: Sequence[str]
    ) -> Mapping[str, _Vector]:
        """Ids stand in the address, so it takes a few calls for a hundred."""
        found: dict[str, _Vector] = {}
        for start in range(0, len(ids), _IDS_AT_ONCE):
            named = "".join(f"&ids={quote(each)}" for each in ids[start : start + _IDS_AT_ONCE])
            path = f"/vectors/fetch?namespace={scope.workspace_id}{named}"
            answer = await index.ask(scope, "GET", path, also=[_MISSING])
            if answer.ok:
                found |= read(answer, _Vectors).vectors
        return found

    async def _delete_by(
        self, scope: DataScope, index: StoreHttp, name: str, ids: Collection[UUID]
    ) -> None:
        names = sorted(str(each) for each in ids)
        for start in range(0, len(names), _MOST_FILES):
            body = {
                "namespace": str(scope.workspace_id),
                "filter": {name: {"$in": names[start : start + _MOST_FILES]}},
            }
            # It answers so while the workspace has nothing there.
            await index.ask(scope, "POST", "/vectors/delete", body, also=[_MISSING])

    async def _open(self, scope: DataScope, space: VectorSpace) -> StoreHttp:
        """The index of a space, made where there is none. It takes some seconds to be ready."""
        found = await self._find(scope, space)
        if found is None:
            body = {
                "name": _name_of(space),
                "dimension": space.dimensions,
                "metric": "cosine",
                "spec": {"serverless": {"cloud": self.cloud, "region": self.region}},
                "deletion_protection": "disabled",
            }
            await self.http.ask(scope, "POST", "/indexes", body, also=[_EXISTS])
            found = await self._find(scope, space)
        if found is None:
            raise VectorsUnavailableError("It does not have the index that it has made.")
        return found

    async def _find(self, scope: DataScope, space: VectorSpace) -> StoreHttp | None:
        name = _name_of(space)
        if name not in self._known:
            answer = await self.http.ask(scope, "GET", f"/indexes/{name}", also=[_MISSING])
            if not answer.ok:
                return None
            found = read(answer, _Index)
            if not found.status.ready:
                raise VectorsUnavailableError("It is still making the index.")
            self._known[name] = self._reach(found)
        return self._known[name]

    async def _all(self, scope: DataScope) -> list[tuple[_Index, StoreHttp]]:
        """Indexes of all models; one that is not ready yet holds nothing."""
        found = read(await self.http.ask(scope, "GET", "/indexes"), _Indexes).indexes
        return [
            (each, self._reach(each))
            for each in found
            if each.name.startswith(_PREFIX) and each.status.ready
        ]

    def _reach(self, index: _Index) -> StoreHttp:
        """Hosts are told without a scheme; they speak the same one."""
        scheme = urlsplit(self.http.base_url).scheme
        host = index.host if "://" in index.host else f"{scheme}://{index.host}"
        if not host.startswith(f"{scheme}://"):  # the key would leave in the clear
            raise VectorsUnavailableError("It names an index at an address that is not its own.")
        return replace(self.http, base_url=host.rstrip("/"))


_IDS_AT_ONCE: Final = 40


def _name_of(space: VectorSpace) -> str:
    return _PREFIX + name_of(space)


def _id_of(document_id: UUID, chunk_id: UUID) -> str:
    return f"{document_id}#{chunk_id}"


def _place_of(text: str) -> VectorPlace:
    document, _, chunk = text.partition("#")
    with understood():
        return VectorPlace(UUID(chunk), UUID(document))


def _told_of(entry: VectorEntry) -> dict[str, Any]:
    return {
        "document": str(entry.document_id),
        "file": str(entry.file_id),
        "owner": owner_of(entry.owner_id),
        "hidden": entry.is_hidden,
    }

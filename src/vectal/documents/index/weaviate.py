"""Vectors in Weaviate, over REST and GraphQL: a class a model, a tenant of it a workspace."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias, cast
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
    refused,
    understood,
)
from vectal.platform.db import DataScope, Scope

_PREFIX: Final = "Vectal_"
_NUMBERS_AT_ONCE: Final = 200_000
_ROWS_AT_ONCE: Final = 100
_ROUNDS: Final = 1_000
_MISSING: Final = 404
_UNFIT: Final = 422
_NO_TENANT: Final = (
    "tenant not found",
    "could not find class",
    "class not found",
    "no graphql provider present",  # it has no class at all
)
_TEXTS: Final = ("document", "file", "owner")

_Where: TypeAlias = dict[str, Any]


class _Class(Struct):
    name: str = renamed(name="class")
    description: str = ""


class _Schema(Struct):
    classes: list[_Class] | None = None


class _Failure(Struct):
    message: str = ""


class _Answer(Struct):
    data: dict[str, dict[str, list[dict[str, Any]] | None] | None] | None = None
    errors: list[_Failure] | None = None


class _Deleted(Struct):
    matches: int
    failed: int = 0


class _BatchDeleted(Struct):
    results: _Deleted


class _Result(Struct, frozen=True):
    status: str = "SUCCESS"


class _Put(Struct):
    result: _Result = _Result()


class _Object(Struct):
    id: str
    properties: dict[str, Any]


class _Objects(Struct):
    objects: list[_Object] = []


@dataclass(frozen=True, slots=True)
class WeaviateIndex:
    """Tenants are made by the store itself when something is put into them."""

    http: StoreHttp
    _known: set[str] = field(default_factory=set[str], init=False)

    async def upsert(
        self, scope: DataScope, space: VectorSpace, entries: Sequence[VectorEntry]
    ) -> None:
        space.check([each.vector for each in entries])
        if entries:
            await self._open(scope, space)
        for batch in in_batches(entries, _NUMBERS_AT_ONCE, _ROWS_AT_ONCE):
            await self._put(scope, _class_of(space), batch)

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
            where = [_is("hidden", value=False), _any("owner", owners_for(scope))]
            if names is not None:
                where.append(_any("file", names))
            rows = await self._get(
                scope,
                _class_of(space),
                {"nearVector": {"vector": list(vector)}, "where": _all(where), "limit": limit},
                "_additional { id distance }",
            )
            with understood():
                return [
                    VectorHit(UUID(row["_additional"]["id"]), 1.0 - row["_additional"]["distance"])
                    for row in rows
                ]

        return await ask_in_parts(ask, file_ids, limit)

    async def revise(
        self, scope: DataScope, file_id: UUID, *, owner_id: UUID | None, is_hidden: bool
    ) -> None:
        """Objects are stored again with what has changed: that is one call for a hundred."""
        stale = _or(
            [
                _is("hidden", value=not is_hidden),
                {**_is("owner", owner_of(owner_id)), "operator": "NotEqual"},
            ]
        )
        wanted = {"where": _all([_is("file", str(file_id)), stale]), "limit": _ROWS_AT_ONCE}
        for each in await self._classes(scope):
            for _ in range(_ROUNDS):  # each round leaves fewer of them
                rows = await self._get(scope, each.name, wanted, _WHOLE)
                if not rows:
                    break
                found = [
                    VectorEntry(
                        entry.chunk_id,
                        entry.document_id,
                        file_id,
                        owner_id,
                        entry.vector,
                        is_hidden,
                    )
                    for entry in _entries(rows)
                ]
                await self._put(scope, each.name, found)

    async def delete_documents(self, scope: DataScope, document_ids: Collection[UUID]) -> None:
        for each in await self._classes(scope) if document_ids else ():
            await self._delete_by(scope, each.name, "document", document_ids)

    async def delete_files(self, scope: DataScope, file_ids: Collection[UUID]) -> None:
        for each in await self._classes(scope) if file_ids else ():
            await self._delete_by(scope, each.name, "file", file_ids)

    async def delete_other_models(self, scope: DataScope, document_id: UUID, model_id: str) -> None:
        for each in await self._classes(scope):
            if each.description != model_id:
                await self._delete_by(scope, each.name, "document", [document_id])

    async def drop_workspace(self, workspace_id: UUID) -> None:
        scope = Scope(workspace_id, NOBODY)
        for each in await self._classes(scope):
            path, gone = f"/v1/schema/{each.name}/tenants", [_MISSING, _UNFIT]
            answer = await self.http.ask(scope, "DELETE", path, [str(workspace_id)], also=gone)
            if not answer.ok and not _is_missing(answer.body.decode(errors="replace")):
                raise refused(answer)

    async def fetch(
        self,
        scope: DataScope,
        space: VectorSpace,
        document_id: UUID,
        chunk_ids: Collection[UUID],
    ) -> list[VectorEntry]:
        if not chunk_ids:
            return []
        where = [_any("id", [str(each) for each in chunk_ids]), _is("document", str(document_id))]
        wanted = {"where": _all(where), "limit": len(chunk_ids)}
        return _entries(await self._get(scope, _class_of(space), wanted, _WHOLE))

    async def scan(
        self, workspace_id: UUID, space: VectorSpace, *, cursor: str | None = None, limit: int = 100
    ) -> VectorPage:
        scope, after = Scope(workspace_id, NOBODY), "" if cursor is None else f"&after={cursor}"
        path = f"/v1/objects?class={_class_of(space)}&tenant={workspace_id}&limit={limit}{after}"
        answer = await self.http.ask(scope, "GET", path, also=[_MISSING, _UNFIT])
        if not answer.ok:
            if _is_missing(answer.body.decode(errors="replace")):
                return VectorPage(())
            raise refused(answer)
        found = read(answer, _Objects).objects
        with understood():
            places = [
                VectorPlace(UUID(each.id), UUID(each.properties["document"])) for each in found
            ]
        return VectorPage(places, found[-1].id if len(places) == limit else None)

    async def _open(self, scope: DataScope, space: VectorSpace) -> None:
        name = _class_of(space)
        if name in self._known:
            return
        answer = await self.http.ask(scope, "GET", f"/v1/schema/{name}", also=[_MISSING])
        if answer.status == _MISSING:
            made = await self.http.ask(
                scope, "POST", "/v1/schema", _class_body(space), also=[_UNFIT]
            )
            if not made.ok and b"already exists" not in made.body:
                raise refused(made)
        self._known.add(name)

    async def _classes(self, scope: DataScope) -> list[_Class]:
        """Of all models; a class says in its description which one."""
        answer = await self.http.ask(scope, "GET", "/v1/schema")
        found = read(answer, _Schema).classes or []
        return [each for each in found if each.name.startswith(_PREFIX)]

    async def _put(self, scope: DataScope, name: str, entries: Sequence[VectorEntry]) -> None:
        objects = [
            {
                "class": name,
                "id": str(each.chunk_id),
                "tenant": str(scope.workspace_id),
                "properties": {
                    "document": str(each.document_id),
                    "file": str(each.file_id),
                    "owner": owner_of(each.owner_id),
                    "hidden": each.is_hidden,
                },
                "vector": each.vector,
            }
            for each in entries
        ]
        answer = await self.http.ask(scope, "POST", "/v1/batch/objects", {"objects": objects})
        for row in read(answer, list[_Put]):
            # The whole is answered with 200, whatever became of the parts.
            if row.result.status != "SUCCESS":
                self._known.discard(name)
                raise VectorsUnavailableError("It has refused a vector.")

    async def _get(
        self, scope: DataScope, name: str, arguments: dict[str, Any], fields: str
    ) -> list[dict[str, Any]]:
        """Rows of a class; none where the class or the workspace's tenant is not there."""
        told = {"tenant": str(scope.workspace_id), **arguments}
        listed = ", ".join(f"{key}: {_literal(value)}" for key, value in told.items())
        query = f"{{ Get {{ {name}({listed}) {{ {fields} }} }} }}"
        body = {"query": query}
        answer = await self.http.ask(scope, "POST", "/v1/graphql", body, also=[_UNFIT])
        if not answer.ok and _is_missing(answer.body.decode(errors="replace")):
            return []
        if not answer.ok:
            raise refused(answer)
        found = read(answer, _Answer)
        if found.errors:
            says = "; ".join(each.message for each in found.errors)
            if _is_missing(says) or f'Cannot query field "{name}"' in says:
                return []
            raise refused(answer)
        return ((found.data or {}).get("Get") or {}).get(name) or []

    async def _delete_by(
        self, scope: DataScope, name: str, property_: str, ids: Collection[UUID]
    ) -> None:
        """One call deletes as many as the store allows: it is asked until nothing is left."""
        where = _any(property_, sorted(str(each) for each in ids))
        path = f"/v1/batch/objects?tenant={scope.workspace_id}"
        body = {"match": {"class": name, "where": where}, "output": "minimal"}
        for _ in range(_ROUNDS):
            answer = await self.http.ask(scope, "DELETE", path, body, also=[_MISSING, _UNFIT])
            if not answer.ok:
                if _is_missing(answer.body.decode(errors="replace")):
                    return
                raise refused(answer)
            results = read(answer, _BatchDeleted).results
            if results.failed:
                raise VectorsUnavailableError("It has not deleted everything.")
            if not results.matches:
                return


_BARE: Final = "operator"
"""Its value is a name of the language and no text."""
_WHOLE: Final = "document file owner hidden _additional { id vector }"


def _class_of(space: VectorSpace) -> str:
    return _PREFIX + name_of(space)


def _class_body(space: VectorSpace) -> dict[str, Any]:
    texts = [
        {"name": name, "dataType": ["text"], "tokenization": "field", "indexSearchable": False}
        for name in _TEXTS
    ]
    return {
        "class": _class_of(space),
        "description": space.model_id,
        "vectorizer": "none",
        "vectorIndexConfig": {"distance": "cosine"},
        "multiTenancyConfig": {"enabled": True, "autoTenantCreation": True},
        "properties": [*texts, {"name": "hidden", "dataType": ["boolean"]}],
    }


def _is(name: str, value: object) -> _Where:
    kind = "valueBoolean" if isinstance(value, bool) else "valueText"
    return {"operator": "Equal", "path": [name], kind: value}


def _any(name: str, values: Sequence[str]) -> _Where:
    return {"operator": "ContainsAny", "path": [name], "valueText": list(values)}


def _all(operands: list[_Where]) -> _Where:
    return {"operator": "And", "operands": operands}


def _or(operands: list[_Where]) -> _Where:
    return {"operator": "Or", "operands": operands}


def _literal(value: Any) -> str:
    """A value as GraphQL writes it: names and operators bare, texts in quotes."""
    if isinstance(value, dict):
        members = cast("dict[str, Any]", value).items()
        told = [f"{key}: {each if key == _BARE else _literal(each)}" for key, each in members]
        return f"{{{', '.join(told)}}}"
    if isinstance(value, list):
        return f"[{', '.join(_literal(each) for each in cast('list[Any]', value))}]"
    return json.dumps(value)


def _entries(rows: Sequence[dict[str, Any]]) -> list[VectorEntry]:
    with understood():
        return [
            VectorEntry(
                UUID(row["_additional"]["id"]),
                UUID(row["document"]),
                UUID(row["file"]),
                read_owner(row["owner"]),
                [float(number) for number in row["_additional"]["vector"]],
                row["hidden"] is True,
            )
            for row in rows
        ]


def _is_missing(words: str) -> bool:
    return any(each in words.lower() for each in _NO_TENANT)

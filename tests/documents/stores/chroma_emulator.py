"""An emulator of Chroma's REST API v2; each refusal was seen at a Chroma 1.5.9."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, cast
from uuid import uuid4

from tests.documents.stores.emulator import Asked, Reply, StoreEmulator, cosine

MAX_BATCH = 5461
_NAME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9._-]{1,510}[a-zA-Z0-9]")
_Row = dict[str, Any]


@dataclass
class _Collection:
    id: str
    name: str
    metadata: dict[str, Any]
    rows: dict[str, _Row] = field(default_factory=dict[str, _Row])
    dimension: int | None = None


@dataclass
class ChromaEmulator(StoreEmulator):
    databases: dict[str, dict[str, _Collection]] = field(
        default_factory=dict[str, dict[str, _Collection]]
    )

    @property
    def url(self) -> str:
        return f"chroma+http://127.0.0.1:{self.port}"

    def answer(self, asked: Asked) -> Reply:
        if list(asked.path[:5]) != ["api", "v2", "tenants", "default_tenant", "databases"]:
            return 404, {"error": "NotFoundError", "message": "no such path"}
        return self._databases(asked, *asked.path[5:])

    def _databases(self, asked: Asked, *path: str) -> Reply:  # noqa: PLR0911 - a table of paths
        match (asked.method, path):
            case ("POST", ()):
                name = asked.body["name"]
                if name in self.databases:
                    return _error(409, "ChromaError", f"Database [{name}] already exists")
                self.databases[name] = {}
                return 200, {}
            case ("DELETE", (name,)):
                if self.databases.pop(name, None) is None:
                    return _error(404, "NotFoundError", f"Database [{name}] not found")
                return 200, {}
            case ("GET", (name, "collections")):
                return 200, [_shown(each) for each in self.databases.get(name, {}).values()]
            case ("POST", (name, "collections")):
                return self._make(name, asked.body)
            case ("GET", (name, "collections", wanted)):
                found = self.databases.get(name, {}).get(wanted)
                if found is None:
                    return _error(404, "NotFoundError", f"Collection [{wanted}] does not exist")
                return 200, _shown(found)
            case ("POST", (_, "collections", collection_id, verb)):
                return self._rows(collection_id, verb, asked.body)
            case _:
                return 405, None

    def _make(self, database: str, body: Any) -> Reply:
        if database not in self.databases:
            return _error(400, "InvalidArgumentError", f"Database [{database}] does not exist")
        if not _NAME.fullmatch(body["name"]):
            return _error(400, "InvalidArgumentError", "Expected a name of 3-512 characters")
        known = self.databases[database]
        if body["name"] in known and not body.get("get_or_create"):
            return _error(409, "ChromaError", "Collection already exists")
        assert body["configuration"]["hnsw"]["space"] == "cosine"
        made = _Collection(str(uuid4()), body["name"], body.get("metadata") or {})
        return 200, _shown(known.setdefault(body["name"], made))

    def _rows(self, collection_id: str, verb: str, body: Any) -> Reply:
        every = [each for known in self.databases.values() for each in known.values()]
        found = next((each for each in every if each.id == collection_id), None)
        if found is None:
            message = f"Collection [{collection_id}] does not exist."
            return _error(404, "NotFoundError", message)
        try:
            return getattr(self, f"_do_{verb}")(found, body)
        except _InvalidError as error:
            return _error(400, "InvalidArgumentError", str(error))

    def _do_upsert(self, found: _Collection, body: Any) -> Reply:
        if len(body["ids"]) > MAX_BATCH:
            raise _InvalidError(f"Batch size of {len(body['ids'])} is greater than {MAX_BATCH}")
        for each, vector, told in zip(
            body["ids"], body["embeddings"], body["metadatas"], strict=True
        ):
            _check_length(found, vector)
            found.rows[each] = {"vector": vector, **told}
        return 200, {}

    def _do_update(self, found: _Collection, body: Any) -> Reply:
        for each, told in zip(body["ids"], body["metadatas"], strict=True):
            if each in found.rows:  # others are passed over in silence
                found.rows[each] |= told
        return 200, {}

    def _do_query(self, found: _Collection, body: Any) -> Reply:
        (vector,) = body["query_embeddings"]
        if found.rows:
            _check_length(found, vector)
        fits = _condition(body.get("where"))
        near = sorted(
            (1.0 - cosine(vector, row["vector"]), each)
            for each, row in found.rows.items()
            if fits(row)
        )[: body["n_results"]]
        return 200, {
            "ids": [[each for _, each in near]],
            "distances": [[distance for distance, _ in near]],
        }

    def _do_get(self, found: _Collection, body: Any) -> Reply:
        fits = _condition(body.get("where"))
        wanted = body.get("ids")
        rows = [
            (each, row)
            for each, row in found.rows.items()
            if fits(row) and (wanted is None or each in wanted)
        ]
        start = body.get("offset") or 0
        rows = rows[start : start + (body.get("limit") or len(rows))]
        told = [{k: v for k, v in row.items() if k != "vector"} for _, row in rows]
        shown = body.get("include", ["metadatas"])
        return 200, {
            "ids": [each for each, _ in rows],
            "embeddings": [row["vector"] for _, row in rows] if "embeddings" in shown else None,
            "metadatas": told if "metadatas" in shown else None,
        }

    def _do_delete(self, found: _Collection, body: Any) -> Reply:
        fits = _condition(body["where"])
        gone = [each for each, row in found.rows.items() if fits(row)]
        for each in gone:
            del found.rows[each]
        return 200, {"deleted": len(gone)}


class _InvalidError(Exception):
    pass


def _check_length(found: _Collection, vector: list[float]) -> None:
    found.dimension = found.dimension or len(vector)
    if len(vector) != found.dimension:
        raise _InvalidError(
            f"Collection expecting embedding with dimension of {found.dimension}, got {len(vector)}"
        )


def _condition(where: dict[str, Any] | None) -> Callable[[_Row], bool]:
    """Whether a row fits; one key a level, and lists that are not empty."""
    if where is None:
        return lambda _row: True
    if len(where) != 1:
        raise _InvalidError("Invalid where clause")
    (name, value), *_ = where.items()
    if name in {"$and", "$or"}:
        parts = [_condition(each) for each in value]
        if len(parts) < 2:
            raise _InvalidError("Invalid where clause")
        test = all if name == "$and" else any
        return lambda row: test(part(row) for part in parts)
    compared = cast("dict[str, Any]", value if isinstance(value, dict) else {"$eq": value})
    (operator, operand), *_ = compared.items()
    if operator not in {"$eq", "$ne", "$in"} or operand == []:
        raise _InvalidError("Invalid where clause")
    if operator == "$in":
        return lambda row: row.get(name) in operand
    return lambda row: (row.get(name) == operand) is (operator == "$eq")


def _shown(each: _Collection) -> dict[str, Any]:
    return {"id": each.id, "name": each.name, "metadata": each.metadata}


def _error(status: int, kind: str, message: str) -> Reply:
    return status, {"error": kind, "message": message}

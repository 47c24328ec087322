"""An emulator of Pinecone's serverless REST API (2025-10): control and data plane at one port.

Written from its documentation: it has not been held against the real Pinecone. It refuses a wrong
key, a missing version, an index that exists or does not, a vector of another length, more than
1,000 rows or 2 MB in one upsert, an unknown namespace where something is to be deleted or changed,
filters that it does not know, and lists that are too long.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, cast

from tests.documents.stores.emulator import Asked, Reply, StoreEmulator, cosine

KEY = "pcsk_emulated"
MAX_BYTES = 2 << 20
MAX_ROWS = 1_000
MAX_LISTED = 100
_NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,43}[a-z0-9])?")
_Row = dict[str, Any]


@dataclass
class _Index:
    name: str
    dimension: int
    namespaces: dict[str, dict[str, _Row]] = field(default_factory=dict[str, dict[str, _Row]])


class _RefusedError(Exception):
    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


@dataclass
class PineconeEmulator(StoreEmulator):
    """`unready` answers are given of a new index before it is ready."""

    indexes: dict[str, _Index] = field(default_factory=dict[str, _Index])
    unready: int = 0

    @property
    def url(self) -> str:
        return f"pinecone+http://:{KEY}@127.0.0.1:{self.port}?cloud=aws&region=eu-west-1"

    def answer(self, asked: Asked) -> Reply:
        if asked.headers.get("api-key") != KEY:
            return 401, {"error": {"code": "UNAUTHENTICATED", "message": "Invalid API Key"}}
        if asked.headers.get("x-pinecone-api-version") != "2025-10":
            return 400, {"error": {"code": "INVALID_ARGUMENT", "message": "no such version"}}
        try:
            if asked.path[0] == "indexes":
                return self._control(asked, *asked.path[1:])
            # A real index has a host of its own; here it is the first part of the path.
            return self._data(self.indexes[asked.path[0]], asked, *asked.path[1:])
        except _RefusedError as error:
            return error.status, {"code": 3, "message": str(error), "details": []}

    def _control(self, asked: Asked, *path: str) -> Reply:
        match (asked.method, path):
            case ("GET", ()):
                return 200, {"indexes": [self._shown(each) for each in self.indexes.values()]}
            case ("GET", (name,)):
                if name not in self.indexes:
                    return 404, {"error": {"code": "NOT_FOUND", "message": f"{name} not found"}}
                return 200, self._shown(self.indexes[name])
            case ("POST", ()):
                return self._make(asked.body)
            case _:
                return 404, None

    def _make(self, body: Any) -> Reply:
        name, size = body["name"], body["dimension"]
        if name in self.indexes:
            return 409, {"error": {"code": "ALREADY_EXISTS", "message": "Resource exists"}}
        if not _NAME.fullmatch(name) or not 1 <= size <= 20_000:
            return 400, {"error": {"code": "INVALID_ARGUMENT", "message": "name or dimension"}}
        assert body["metric"] == "cosine"
        assert body["spec"]["serverless"] == {"cloud": "aws", "region": "eu-west-1"}
        self.indexes[name] = _Index(name, size)
        return 201, self._shown(self.indexes[name])

    def _shown(self, index: _Index) -> dict[str, Any]:
        is_ready, self.unready = self.unready <= 0, self.unready - 1
        return {
            "name": index.name,
            "dimension": index.dimension,
            "metric": "cosine",
            "host": f"127.0.0.1:{self.port}/{index.name}",
            "status": {"ready": is_ready, "state": "Ready" if is_ready else "Initializing"},
        }

    def _data(  # noqa: PLR0911 - a table of paths
        self, index: _Index, asked: Asked, *path: str
    ) -> Reply:
        query = asked.query
        match (asked.method, path):
            case ("POST", ("vectors", "upsert")):
                return self._upsert(index, asked)
            case ("POST", ("query",)):
                return _query(index, asked.body)
            case ("POST", ("vectors", "update")):
                rows = _namespace(index, asked.body["namespace"])
                fits = _condition(asked.body["filter"])
                found = [row for row in rows.values() if fits(row["metadata"])]
                for row in found:
                    row["metadata"] |= asked.body["setMetadata"]
                return 200, {"matchedRecords": len(found)}
            case ("POST", ("vectors", "delete")):
                rows = _namespace(index, asked.body["namespace"])
                fits = _condition(asked.body["filter"])
                for each in [each for each, row in rows.items() if fits(row["metadata"])]:
                    del rows[each]
                return 200, {}
            case ("GET", ("vectors", "fetch")):
                rows = index.namespaces.get(query["namespace"][0], {})
                found = {each: {"id": each, **rows[each]} for each in query["ids"] if each in rows}
                return 200, {"vectors": found, "namespace": query["namespace"][0]}
            case ("GET", ("vectors", "list")):
                return _list(index, {name: values[0] for name, values in query.items()})
            case ("DELETE", ("namespaces", name)):
                _namespace(index, name)
                del index.namespaces[name]
                return 200, {}
            case _:
                return 404, None

    def _upsert(self, index: _Index, asked: Asked) -> Reply:
        vectors = asked.body["vectors"]
        if asked.size > MAX_BYTES:
            raise _RefusedError(400, f"Request size {asked.size} exceeds the maximum of 2MB")
        if not 1 <= len(vectors) <= MAX_ROWS:
            raise _RefusedError(400, f"Vector count must be 1 to {MAX_ROWS}")
        rows = index.namespaces.setdefault(asked.body["namespace"], {})
        for each in vectors:
            _check_length(index, each["values"])
            if any(value is None for value in each["metadata"].values()):
                raise _RefusedError(400, "Metadata value must be a string, number, boolean or list")
            rows[each["id"]] = {"values": each["values"], "metadata": each["metadata"]}
        return 200, {"upsertedCount": len(vectors)}


def _query(index: _Index, body: Any) -> Reply:
    _check_length(index, body["vector"])
    if not 1 <= body["topK"] <= 10_000:
        raise _RefusedError(400, "topK must be 1 to 10000")
    fits = _condition(body["filter"])
    rows = index.namespaces.get(body["namespace"], {})
    matches: list[dict[str, Any]] = [
        {"id": each, "score": cosine(body["vector"], row["values"]), "values": []}
        for each, row in rows.items()
        if fits(row["metadata"])
    ]
    matches.sort(key=lambda match: -match["score"])
    return 200, {"matches": matches[: body["topK"]], "namespace": body["namespace"]}


def _list(index: _Index, query: dict[str, str]) -> Reply:
    limit = int(query["limit"])
    if not 1 <= limit <= MAX_LISTED:
        raise _RefusedError(400, f"limit must be 1 to {MAX_LISTED}")
    rows = sorted(index.namespaces.get(query["namespace"], {}))
    after = query.get("paginationToken", "")
    shown = [each for each in rows if each > after][:limit]
    answer: dict[str, Any] = {"vectors": [{"id": each} for each in shown]}
    if shown and shown[-1] != rows[-1]:
        answer["pagination"] = {"next": shown[-1]}
    return 200, answer


def _namespace(index: _Index, name: str) -> dict[str, _Row]:
    if name not in index.namespaces:
        raise _RefusedError(404, "Namespace not found")
    return index.namespaces[name]


def _check_length(index: _Index, vector: list[float]) -> None:
    if len(vector) != index.dimension:
        raise _RefusedError(
            400,
            f"Vector dimension {len(vector)} does not match the dimension of the index"
            f" {index.dimension}",
        )


def _condition(where: dict[str, Any]) -> Callable[[_Row], bool]:
    if not where:
        raise _RefusedError(400, "a filter can't be empty")
    parts: list[Callable[[_Row], bool]] = []
    for name, value in where.items():
        if name in {"$and", "$or"}:
            inner = [_condition(each) for each in value]
            parts.append(_joined(inner, all if name == "$and" else any))
        elif name.startswith("$") or not isinstance(value, dict):
            raise _RefusedError(400, f"illegal condition for field {name}")
        else:
            compared = cast("dict[str, Any]", value)
            parts += [_compared(name, *each) for each in compared.items()]
    return _joined(parts, all)


def _joined(
    parts: list[Callable[[_Row], bool]], test: Callable[[Iterable[bool]], bool]
) -> Callable[[_Row], bool]:
    return lambda row: test(part(row) for part in parts)


def _compared(name: str, operator: str, operand: object) -> Callable[[_Row], bool]:
    if operator == "$eq":

        def equals(row: _Row) -> bool:
            return bool(row.get(name) == operand)

        return equals
    if operator == "$in" and isinstance(operand, list):
        values = cast("list[Any]", operand)
        if 1 <= len(values) <= 10_000:
            return lambda row: row.get(name) in values
    raise _RefusedError(400, f"{operator} is not a valid operator")

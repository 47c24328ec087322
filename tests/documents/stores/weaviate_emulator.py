"""An emulator of Weaviate's REST and GraphQL, for multi-tenant classes with vectors of our own.

Written from its documentation: it has not been held against a real Weaviate. It refuses a wrong
key (401), a class or tenant that is not there, a class that exists, objects without a tenant or
with a vector of another length, queries that it can't read, and more rows than `MOST` at once.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from tests.documents.stores.emulator import Asked, Reply, StoreEmulator, cosine

KEY = "weaviate-emulated-key"
MOST = 100
"""Its QUERY_MAXIMUM_RESULTS, 10,000 by default; small, so that a deletion takes several calls."""
_CLASS = re.compile(r"[A-Z][_0-9A-Za-z]*")
_Row = dict[str, Any]


@dataclass
class _Class:
    body: dict[str, Any]
    tenants: dict[str, dict[str, _Row]] = field(default_factory=dict[str, dict[str, _Row]])

    @property
    def properties(self) -> set[str]:
        return {each["name"] for each in self.body["properties"]}


class _RefusedError(Exception):
    pass


@dataclass
class WeaviateEmulator(StoreEmulator):
    classes: dict[str, _Class] = field(default_factory=dict[str, _Class])

    @property
    def url(self) -> str:
        return f"weaviate+http://:{KEY}@127.0.0.1:{self.port}"

    def answer(self, asked: Asked) -> Reply:
        if asked.headers.get("authorization") != f"Bearer {KEY}":
            return 401, {"error": [{"message": "invalid api key"}]}
        try:
            return self._answer(asked)
        except _RefusedError as error:
            return 422, {"error": [{"message": str(error)}]}

    def _answer(self, asked: Asked) -> Reply:  # noqa: PLR0911 - a table of paths
        match (asked.method, tuple(asked.path)):
            case ("GET", ("v1", "schema")):
                return 200, {"classes": [each.body for each in self.classes.values()]}
            case ("GET", ("v1", "schema", name)):
                return (200, self.classes[name].body) if name in self.classes else (404, None)
            case ("POST", ("v1", "schema")):
                return self._make(asked.body)
            case ("DELETE", ("v1", "schema", name, "tenants")):
                for tenant in asked.body:
                    self._class(name).tenants.pop(tenant, None)
                return 200, None
            case ("POST", ("v1", "batch", "objects")):
                return 200, [self._put(each) for each in asked.body["objects"]]
            case ("DELETE", ("v1", "batch", "objects")):
                return self._delete(asked.body, asked.query["tenant"][0])
            case ("GET", ("v1", "objects")):
                return self._list({name: values[0] for name, values in asked.query.items()})
            case ("POST", ("v1", "graphql")):
                return self._graphql(asked.body["query"])
            case _:
                return 404, {"code": 404, "message": "path was not found"}

    def _make(self, body: dict[str, Any]) -> Reply:
        name = body["class"]
        if not _CLASS.fullmatch(name):
            raise _RefusedError(f"'{name}' is not a valid class name")
        if name in self.classes:
            raise _RefusedError(f"class name {name} already exists")
        if body["multiTenancyConfig"] != {"enabled": True, "autoTenantCreation": True}:
            raise _RefusedError("emulated are classes whose tenants come by themselves")
        assert body["vectorizer"] == "none"
        assert body["vectorIndexConfig"]["distance"] == "cosine"
        self.classes[name] = _Class(body)
        return 200, body

    def _class(self, name: str) -> _Class:
        if name not in self.classes:
            raise _RefusedError(f"could not find class {name} in schema")
        return self.classes[name]

    def _rows(self, name: str, tenant: str) -> dict[str, _Row]:
        found = self._class(name).tenants.get(tenant)
        if found is None:
            raise _RefusedError(f'tenant not found: "{tenant}"')
        return found

    def _put(self, each: dict[str, Any]) -> dict[str, Any]:
        """Whether it is stored is said for each of them; the whole is a success."""
        try:
            self._store(each)
        except _RefusedError as error:
            errors = {"error": [{"message": str(error)}]}
            return {**each, "result": {"status": "FAILED", "errors": errors}}
        return {**each, "result": {"status": "SUCCESS"}}

    def _store(self, each: dict[str, Any]) -> None:
        found = self._class(each["class"])
        if not each.get("tenant"):
            raise _RefusedError("has multi-tenancy enabled, but request was without tenant")
        if set(each["properties"]) - found.properties:
            raise _RefusedError("no such prop")
        rows = found.tenants.setdefault(each["tenant"], {})
        other = next(iter(rows.values()), None)
        if other is not None and len(other["vector"]) != len(each["vector"]):
            raise _RefusedError("new node has a vector with another length")
        rows[str(UUID(each["id"]))] = {"vector": each["vector"], **each["properties"]}

    def _delete(self, body: dict[str, Any], tenant: str) -> Reply:
        match = body["match"]
        rows = self._rows(match["class"], tenant)
        fits = self._condition(match["class"], match["where"])
        found = [each for each, row in rows.items() if fits(each, row)]
        for each in found[:MOST]:
            del rows[each]
        done = len(found[:MOST])
        results = {"matches": len(found), "limit": MOST, "successful": done, "failed": 0}
        return 200, {**body, "results": results}

    def _list(self, query: dict[str, str]) -> Reply:
        rows = sorted(self._rows(query["class"], query["tenant"]).items())
        limit = int(query["limit"])
        if limit > MOST:
            raise _RefusedError("query maximum results exceeded")
        shown = [row for row in rows if row[0] > query.get("after", "")][:limit]
        return 200, {
            "objects": [
                {"class": query["class"], "id": each, "properties": _properties(row)}
                for each, row in shown
            ]
        }

    def _graphql(self, query: str) -> Reply:
        if not self.classes:
            raise _RefusedError(
                "no graphql provider present, this is most likely because no schema"
            )
        try:
            name, arguments, fields = _read_query(query)
            return 200, {"data": {"Get": {name: self._get(name, arguments, fields)}}}
        except _RefusedError as error:
            return 200, {"data": {"Get": None}, "errors": [{"message": str(error)}]}

    def _get(self, name: str, arguments: dict[str, Any], fields: set[str]) -> list[_Row]:
        if name not in self.classes:
            raise _RefusedError(f'Cannot query field "{name}" on type "GetObjectsObj".')
        rows = self._rows(name, arguments["tenant"])
        limit = arguments["limit"]
        if limit > MOST:
            raise _RefusedError("query maximum results exceeded")
        fits = self._condition(name, arguments["where"])
        found = [(each, row) for each, row in rows.items() if fits(each, row)]
        near = arguments.get("nearVector")
        told: list[_Row] = []
        if near is not None:
            if found and len(found[0][1]["vector"]) != len(near["vector"]):
                raise _RefusedError("vector lengths don't match")
            found.sort(key=lambda row: -cosine(near["vector"], row[1]["vector"]))
        for each, row in found[:limit]:
            more = {"id": each, "vector": row["vector"]}
            if near is not None:
                more["distance"] = 1.0 - cosine(near["vector"], row["vector"])
            shown = {k: v for k, v in _properties(row).items() if k in fields}
            told.append({**shown, "_additional": {k: v for k, v in more.items() if k in fields}})
        return told

    def _condition(self, name: str, where: dict[str, Any]) -> Callable[[str, _Row], bool]:
        operator = where["operator"]
        if operator in {"And", "Or"}:
            parts = [self._condition(name, each) for each in where["operands"]]
            test = all if operator == "And" else any
            return lambda each, row: test(part(each, row) for part in parts)
        (field_,) = where["path"]
        if field_ not in self._class(name).properties | {"id"}:
            raise _RefusedError(f"no such prop with name '{field_}' found in class")
        kind = "valueBoolean" if field_ == "hidden" else "valueText"
        if kind not in where:
            raise _RefusedError(f"data type filter cannot use value type on {field_}")
        value = where[kind]
        if operator == "ContainsAny":
            if not isinstance(value, list) or not value:
                raise _RefusedError("ContainsAny needs an array of values")
            return lambda each, row: (each if field_ == "id" else row[field_]) in value
        if operator not in {"Equal", "NotEqual"}:
            raise _RefusedError(f"unknown operator {operator}")
        return lambda each, row: (
            ((each if field_ == "id" else row[field_]) == value) is (operator == "Equal")
        )


def _properties(row: _Row) -> _Row:
    return {name: value for name, value in row.items() if name != "vector"}


_TOKEN = re.compile(r'\s*(?:("(?:[^"\\]|\\.)*")|(-?\d[\d.eE+-]*)|(\w+)|([\[\]{}():,]))')


class _Reader:
    """Reads one query: names, values and punctuation, as GraphQL's grammar has them."""

    def __init__(self, text: str) -> None:
        self._tokens: list[str] = []
        at = 0
        while at < len(text.rstrip()):
            found = _TOKEN.match(text, at)
            if found is None:
                raise _RefusedError(f"Syntax Error GraphQL: unexpected {text[at : at + 10]!r}")
            self._tokens.append(found[0].strip())
            at = found.end()
        self._tokens = [each for each in self._tokens if each != ","]

    def take(self, wanted: str | None = None) -> str:
        if not self._tokens or (wanted is not None and self._tokens[0] != wanted):
            raise _RefusedError(f"Syntax Error GraphQL: expected {wanted}")
        return self._tokens.pop(0)

    def peek(self) -> str:
        return self._tokens[0] if self._tokens else ""

    def value(self) -> Any:
        token = self.take()
        if token == "[":
            values: list[Any] = []
            while self.peek() != "]":
                values.append(self.value())
            self.take("]")
            return values
        if token == "{":
            found: dict[str, Any] = {}
            while self.peek() != "}":
                found.update([self.pair()])
            self.take("}")
            return found
        if token[0] == '"' or token[0] in "-0123456789" or token in {"true", "false"}:
            return json.loads(token)
        return token  # the name of an operator

    def pair(self) -> tuple[str, Any]:
        name = self.take()
        if not re.fullmatch(r"[_A-Za-z]\w*", name):
            raise _RefusedError(f"Syntax Error GraphQL: expected Name, found {name}")
        self.take(":")
        return name, self.value()


def _read_query(text: str) -> tuple[str, dict[str, Any], set[str]]:
    reader = _Reader(text)
    for each in ("{", "Get", "{"):
        reader.take(each)
    name = reader.take()
    reader.take("(")
    arguments: dict[str, Any] = {}
    while reader.peek() != ")":
        arguments.update([reader.pair()])
    reader.take(")")
    fields, depth = set[str](), 0
    while True:
        token = reader.take()
        depth += {"{": 1, "}": -1}.get(token, 0)
        if token not in {"{", "}"}:
            fields.add(token)
        if depth == 0:
            break
    reader.take("}")
    reader.take("}")
    return name, arguments, fields

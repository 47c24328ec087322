"""The API document: complete, stable, and the one that is committed for the web app."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from fastapi import FastAPI
from tests.fixtures.accounts import MakeClient

from vectal.entrypoints.commands.openapi import document
from vectal.gateway.openapi import build_document

COMMITTED = Path(__file__).parents[2] / "web" / "openapi.json"
METHODS = {"get", "post", "put", "patch", "delete"}


@pytest.fixture(scope="module")
def spec(edge_app: FastAPI) -> dict[str, Any]:
    return build_document(edge_app)


def operations(spec: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, item in spec["paths"].items():
        for method in METHODS & set(item):
            yield f"{method} {path}", item[method]


def test_the_committed_document_is_the_newest() -> None:
    assert COMMITTED.read_bytes() == document(), "run `vectal openapi --out web/openapi.json`"


def test_every_operation_says_what_it_is(spec: dict[str, Any]) -> None:
    found = list(operations(spec))
    ids = Counter(operation["operationId"] for _, operation in found)
    assert len(found) > 20
    assert [name for name, count in ids.items() if count > 1] == []
    assert [name for name, each in found if not each.get("tags") or not each.get("summary")] == []


def test_every_operation_has_an_example_and_problems(spec: dict[str, Any]) -> None:
    for name, operation in operations(spec):
        assert {"400", "429", "default"} <= set(operation["responses"]), name
        bodies = [operation.get("requestBody", {})]
        bodies += [each for status, each in operation["responses"].items() if status[0] == "2"]
        for body in bodies:
            json_body = body.get("content", {}).get("application/json")
            assert json_body is None or "example" in json_body, name


def test_every_example_fits_its_schema(spec: dict[str, Any]) -> None:
    for name, operation in operations(spec):
        bodies = [operation.get("requestBody", {})]
        bodies += [each for status, each in operation["responses"].items() if status[0] == "2"]
        for body in bodies:
            for content in body.get("content", {}).values():
                if "example" in content:
                    schema = {**content["schema"], "components": spec["components"]}
                    fault = next(
                        jsonschema_rs.Draft202012Validator(schema).iter_errors(content["example"]),
                        None,
                    )
                    assert fault is None, f"{name}: {fault}"


def test_every_protected_operation_names_its_scope(spec: dict[str, Any]) -> None:
    for name, operation in operations(spec):
        assert bool(operation["security"]) == ("x-scope" in operation), name


async def test_the_document_and_its_page_are_served(edge_client: MakeClient) -> None:
    client = edge_client()
    answer = await client.get("/api/openapi.json")
    assert answer.status_code == 200
    assert answer.json()["openapi"].startswith("3.1")
    again = await client.get("/api/openapi.json", headers={"If-None-Match": answer.headers["etag"]})
    assert again.status_code == 304
    page = await client.get("/api/docs")
    assert page.status_code == 200
    assert "script-src 'self'" in page.headers["content-security-policy"]
    for part in ("docs.js", "docs.css"):
        assert f"/api/docs/{part}" in page.text
        assert (await client.get(f"/api/docs/{part}")).status_code == 200
    assert "http://" not in page.text
    assert "https://" not in page.text

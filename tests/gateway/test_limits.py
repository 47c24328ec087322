"""What may come in: bad bodies get a clear, coded answer, whatever route they are for."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from tests.gateway.conftest import MakeHouse
from tests.gateway.test_edge import assert_problem

THINGS = "/api/v1/odd/things"
JSON = {"Content-Type": "application/json"}


async def test_a_good_body_passes(make_house: MakeHouse) -> None:
    body = {"name": "naïve 🙂", "inner": {"name": "\n", "size": -1}}
    answer = await make_house().post(THINGS, json=body)
    assert answer.status_code == 200
    assert answer.json()["inner"]["name"] == "\n"


@pytest.mark.parametrize(
    ("body", "pointer", "code"),
    [
        ({"name": None}, "/name", "string_type"),
        ({"name": ["x"]}, "/name", "string_type"),
        ({"name": {"x": 1}}, "/name", "string_type"),
        ({"name": 5}, "/name", "string_type"),
        ({"name": "x" * 11}, "/name", "string_too_long"),
        ({}, "/name", "missing"),
        ({"name": "x", "size": "many"}, "/size", "int_parsing"),
        ({"name": "x", "unknown/~": 1}, "/unknown~1~0", "extra_forbidden"),
        ({"name": "x", "inner": {"name": 1}}, "/inner/name", "string_type"),
        ([], "", "model_attributes_type"),
        ("text", "", "model_attributes_type"),
        (None, "", "model_attributes_type"),
    ],
)
async def test_a_fault_is_pointed_at(
    make_house: MakeHouse, body: object, pointer: str, code: str
) -> None:
    answer = await make_house().post(THINGS, content=json.dumps(body), headers=JSON)
    assert_problem(answer, 422, "invalid_input")
    (fault,) = answer.json()["errors"]
    assert (fault["pointer"], fault["code"], fault["source"]) == (pointer, code, "body")


@pytest.mark.parametrize(
    ("query", "pointer"),
    [("limit=0", "/limit"), ("limit=x", "/limit"), ("q=%00", ""), ("q=a%2500%00", "")],
)
async def test_a_fault_of_the_query_is_pointed_at(
    make_house: MakeHouse, query: str, pointer: str
) -> None:
    answer = await make_house().get(f"{THINGS}?{query}")
    assert_problem(answer, 422, "invalid_input")
    (fault,) = answer.json()["errors"]
    assert (fault["pointer"], fault["source"]) == (pointer, "query")


async def test_an_escaped_percent_is_no_nul(make_house: MakeHouse) -> None:
    answer = await make_house().get(f"{THINGS}?q=%2500&limit=1")
    assert answer.json() == ["%00"]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"{", "json_invalid"),
        (b"", "missing"),
        (b'{"name": NaN}', "json_invalid"),
        (b'{"name": "x", "size": Infinity}', "json_invalid"),
        (b'{"name": "\xff"}', "json_invalid"),
        (b'{"name": "\\ud800"}', "json_invalid"),
        (b'{"name": "\xed\xa0\x80"}', "json_invalid"),
        (b'{"name": "\\u0000"}', "nul"),
        (b'{"na\\u0000me": "x"}', "nul"),
        (b'{"name": "\x00"}', "json_invalid"),
        (b"[" * 300 + b"]" * 300, "json_invalid"),
        (b'{"a":' * 50_000 + b"1" + b"}" * 50_000, "json_invalid"),
        (b'{"name": "x", "size": ' + b"9" * 5000 + b"}", "json_invalid"),
        (b'{"name": "x"} trailing', "json_invalid"),
    ],
)
async def test_what_is_no_json_for_us_is_refused(
    make_house: MakeHouse, body: bytes, code: str
) -> None:
    answer = await make_house().post(THINGS, content=body, headers=JSON)
    assert_problem(answer, 422, "invalid_input")
    assert answer.json()["errors"][0]["code"] == code


async def test_a_spelled_backslash_is_no_nul(make_house: MakeHouse) -> None:
    answer = await make_house().post(THINGS, content=rb'{"name": "\\u0000"}', headers=JSON)
    assert answer.json()["name"] == "\\u0000"


@pytest.mark.parametrize(
    "headers",
    [
        {"Content-Type": "text/plain"},
        {"Content-Type": "application/x-www-form-urlencoded"},
        {"Content-Type": "multipart/form-data; boundary=x"},
        {"Content-Type": "application/json; charset=utf-16"},
        {"Content-Type": "nonsense"},
        {"Content-Type": ""},
        {},
        {**JSON, "Content-Encoding": "gzip"},
    ],
)
async def test_another_kind_of_body_is_refused(
    make_house: MakeHouse, headers: dict[str, str]
) -> None:
    answer = await make_house().post(THINGS, content=b'{"name": "x"}', headers=headers)
    assert_problem(answer, 415, "unsupported_media_type")


@pytest.mark.parametrize("method", ["TRACE", "BREW"])
async def test_a_method_that_nobody_has_is_answered_405_whatever_comes_with_it(
    make_house: MakeHouse, method: str
) -> None:
    answer = await make_house().request(
        method, THINGS, content=b"tea", headers={"Content-Type": "text/tea"}
    )
    assert_problem(answer, 405, "method_not_allowed")


@pytest.mark.parametrize("kind", ["application/json; charset=UTF-8", "application/vnd.x+json"])
async def test_kin_of_json_are_taken(make_house: MakeHouse, kind: str) -> None:
    answer = await make_house().post(
        THINGS, content=b'{"name": "x"}', headers={"Content-Type": kind}
    )
    assert answer.status_code == 200


async def test_a_large_body_is_refused_before_it_is_read(make_house: MakeHouse) -> None:
    client = make_house(max_body_bytes=1024)
    answer = await client.post(THINGS, content=b"x" * 1025, headers=JSON)
    assert_problem(answer, 413, "body_too_large")
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        while True:
            sent += 512
            yield b" " * 512

    answer = await client.post(THINGS, content=endless(), headers=JSON)
    assert_problem(answer, 413, "body_too_large")
    assert sent < 10_000


async def test_a_false_length_is_refused(make_house: MakeHouse) -> None:
    headers = {**JSON, "Content-Length": "-5"}
    answer = await make_house().post(THINGS, content=b"{}", headers=headers)
    assert_problem(answer, 413, "body_too_large")


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/v1/models/%00", 404),
        ("POST", "/v1/%00", 404),
        ("POST", "/v1/messages/%00", 404),
        ("GET", "/v1/none/%ff", 404),
        ("GET", "/v1/models/" + "x" * 9_000, 414),
        ("GET", "/v1/models?limit=%00", 422),
    ],
)
@pytest.mark.parametrize("headers", [{}, {"anthropic-version": "2023-06-01"}])
async def test_under_v1_errors_have_the_vendors_shape(
    make_house: MakeHouse, method: str, path: str, status: int, headers: dict[str, str]
) -> None:
    answer = await make_house().request(method, path, headers=headers)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/json"
    body = answer.json()
    assert body["error"]["message"]
    assert ("request_id" in body) is bool(headers or "messages" in path)


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@hypothesis_settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(body=_json | st.binary())
async def test_no_body_at_all_breaks_the_house(make_house: MakeHouse, body: Any) -> None:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    answer = await make_house().post(THINGS, content=content, headers=JSON)
    assert answer.status_code in (200, 422), answer.text

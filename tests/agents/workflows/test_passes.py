"""What calls carry, and which addresses are called."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue

from vectal.agents.workflows.inputs import BadSchemaError, input_of
from vectal.agents.workflows.n8n.address import N8nAddress, resume_path
from vectal.agents.workflows.n8n.passes import RunPass, WorkflowKeys, sign_request
from vectal.platform.clock import utc_now
from vectal.platform.db import Scope
from vectal.platform.ids import new_id

KEYS = WorkflowKeys(bytes(range(32)))
NOW = utc_now()


def _run() -> RunPass:
    return RunPass(Scope(new_id(), new_id()), new_id(), 3)


def test_a_pass_is_read_as_it_was_signed() -> None:
    run = _run()
    token = KEYS.sign_run(run, NOW + timedelta(minutes=1))
    assert KEYS.read_run(token, NOW) == run
    assert KEYS.read_run(token, NOW + timedelta(minutes=2)) is None
    assert WorkflowKeys(bytes(32)).read_run(token, NOW) is None
    assert KEYS.sign_run(replace(run, drive=4), NOW + timedelta(minutes=1)) != token


@given(st.integers(0, 170), st.sampled_from("ABCabc019-_"))
def test_a_pass_with_one_other_character_is_none(place: int, other: str) -> None:
    token = KEYS.sign_run(_run(), NOW + timedelta(minutes=1))
    place = min(place, len(token) - 1)
    forged = token[:place] + other + token[place + 1 :]
    found = KEYS.read_run(forged, NOW)
    # The last character of base64 has bits that say nothing.
    assert found is None or forged == token or place == len(token) - 1


@given(st.text(max_size=300))
def test_any_text_is_read_without_harm(text: str) -> None:
    assert KEYS.read_run(text, NOW) is None
    assert not KEYS.is_deployment(text)


def test_a_request_is_signed_for_five_minutes() -> None:
    head, claims, mac = sign_request("secret", {"run": "1"}, NOW).split(".")
    assert json.loads(base64.urlsafe_b64decode(head + "==")) == {"alg": "HS256", "typ": "JWT"}
    said = json.loads(base64.urlsafe_b64decode(claims + "=="))
    assert said["exp"] - said["iat"] == 300
    assert said["run"] == "1"
    assert sign_request("other", {"run": "1"}, NOW).split(".")[2] != mac


@pytest.mark.parametrize(
    "url",
    ["", "n8n", "ftp://n8n", "http://", "http://a:b@n8n", "http://n8n/?a", "http://n8n:99999/"],
)
def test_what_is_no_address_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="it "):
        N8nAddress.parse(url)


@pytest.mark.parametrize(
    "path",
    ["", "/", "../rest/login", "a/../b", "a//b", "a?b", "a#b", "a%2fb", "a b", ".", "..", "a/.."],
)
def test_a_webhook_leads_nowhere_else(path: str) -> None:
    address = N8nAddress.parse("http://n8n:5678/base/")
    assert address.webhook("a/b-c.d") == "http://n8n:5678/base/webhook/a/b-c.d"
    with pytest.raises(ValueError, match="path"):
        address.webhook(path)


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("http://inside/webhook-waiting/12?signature=ab-c", "/webhook-waiting/12?signature=ab-c"),
        ("http://inside/webhook-waiting/12", "/webhook-waiting/12"),
        ("http://inside/webhook-waiting/../rest/login", None),
        ("http://inside/webhook-waiting/12/../../rest", None),
        ("http://inside/rest/login", None),
        ("", None),
    ],
)
def test_an_execution_is_resumed_where_n8n_waits(url: str, path: str | None) -> None:
    assert resume_path(url) == path


def test_a_schema_is_shown_as_it_is_and_checked() -> None:
    schema: dict[str, JsonValue] = {
        "type": "object",
        "properties": {"n": {"type": "integer"}},
        "required": ["n"],
    }
    made = input_of(schema)
    assert made.model_json_schema() == schema
    assert made.model_validate({"n": 1}).root == {"n": 1}
    with pytest.raises(ValueError, match="required"):
        made.model_validate({})


@pytest.mark.parametrize(
    "schema",
    [
        {},
        {"type": "string"},
        {"type": "object", "properties": 7},
        {"type": "object", "properties": {"a": {"type": "no such"}}},
        {"type": "object", "$ref": "http://127.0.0.1:1/schema.json"},
    ],
)
def test_what_is_no_schema_is_refused(schema: dict[str, JsonValue]) -> None:
    with pytest.raises(BadSchemaError):
        input_of(schema)

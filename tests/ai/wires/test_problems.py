"""What the clients of each wire are told of a refusal."""

import json
from typing import Any

import pytest
from tests.ai.wires.answering import encoder, wire

from vectal.ai.contracts import TextDelta
from vectal.ai.errors import NoModelError, RequestTooLongError
from vectal.ai.ports import FaultKind, ProviderFault, TooLong, VendorWords
from vectal.ai.proxy.wires.port import WireName, WireProblem
from vectal.ai.service.gateway.problems import problem_of, problem_of_fault, problem_of_inputs

SAID = VendorWords("unsupported_value", "temperature", "image_parse_error")
LONG = TooLong(210_000, 200_000, 1_000)


def _told(name: WireName, problem: WireProblem) -> dict[str, Any]:
    error: dict[str, Any] = json.loads(wire(name).problem(problem, "req_1"))["error"]
    return error


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        ("invalid_request", 400),
        ("permission", 403),
        ("model_not_found", 404),
        ("context_too_large", 400),
        ("rate_limited", 429),
        ("quota", 402),
    ],
)
def test_a_vendors_own_names_reach_the_clients_of_openai(kind: FaultKind, status: int) -> None:
    problem = problem_of_fault(ProviderFault(kind, "No.", said=SAID))
    assert problem.status == status
    for name in ("chat_completions", "responses"):
        assert _told(name, problem) == {
            "message": "No.",
            "type": "image_parse_error",
            "param": "temperature",
            "code": "unsupported_value",
        }
    assert set(_told("messages", problem)) == {"type", "message"}
    assert _told("messages", problem)["type"].endswith("_error")


@pytest.mark.parametrize("kind", ["authentication", "overloaded", "server_error", "connection"])
def test_what_a_vendor_says_of_itself_or_of_the_key_is_not_the_clients(kind: FaultKind) -> None:
    said = VendorWords("invalid_api_key", "key", "some_error")
    error = _told("chat_completions", problem_of_fault(ProviderFault(kind, "No.", said=said)))
    assert error == {
        "message": "No.",
        "type": "server_error",
        "param": None,
        "code": f"ai.provider_{kind}",
    }


@pytest.mark.parametrize("plain", ["invalid_request_error", "not_found_error", "api_error"])
def test_the_status_says_as_much_as_a_plain_type(plain: str) -> None:
    fault = ProviderFault("rate_limited", "Slow.", said=VendorWords(type=plain))
    error = _told("chat_completions", problem_of_fault(fault))
    assert (error["type"], error["code"]) == ("rate_limit_error", "ai.provider_rate_limited")


def _long_ones() -> list[WireProblem]:
    said = VendorWords("some_code", "messages", "odd_error")
    fault = ProviderFault("context_too_large", "No.", said=said, too_long=LONG)
    bare = ProviderFault("context_too_large", "No.")
    error = RequestTooLongError("No model can answer.", LONG, {"reasons": ["context_too_small"]})
    return [problem_of_fault(fault), problem_of_fault(bare, LONG), problem_of(error)]


@pytest.mark.parametrize("problem", _long_ones(), ids=["vendor", "window", "router"])
def test_each_wire_has_its_form_of_too_long(problem: WireProblem) -> None:
    assert problem.status == 400
    members: dict[WireName, str] = {"chat_completions": "messages", "responses": "input"}
    for name, param in members.items():
        assert _told(name, problem) == {
            "message": "This model's maximum context length is 200000 tokens. However, your"
            f" {param} resulted in 210000 tokens. Please reduce the length of the {param}.",
            "type": "invalid_request_error",
            "param": param,
            "code": "context_length_exceeded",
        }
    assert _told("messages", problem) == {
        "type": "invalid_request_error",
        "message": "prompt is too long: 210000 tokens > 200000 maximum",
    }


def test_room_for_the_answer_is_told_apart() -> None:
    error = RequestTooLongError("No.", TooLong(7_500, 8_000, 1_000), {})
    problem = problem_of(error)
    openai = _told("chat_completions", problem)
    assert "maximum context length is 8000 tokens" in openai["message"]
    assert "8500 tokens (7500 in the messages, 1000 in the completion)" in openai["message"]
    assert _told("messages", problem)["message"].startswith(
        "input length and `max_tokens` exceed context limit: 7500 + 1000 > 8000,"
    )


@pytest.mark.parametrize("known", [TooLong(), TooLong(most=8_000), TooLong(9, 8_000)])
def test_what_nobody_counted_is_not_made_up(known: TooLong) -> None:
    problem = problem_of_fault(ProviderFault("context_too_large", "It is long.", too_long=known))
    assert _told("messages", problem)["message"] == "prompt is too long: It is long."
    error = _told("chat_completions", problem)
    assert error["code"] == "context_length_exceeded"
    assert error["message"] == "It is long."


def test_vectors_are_made_of_inputs() -> None:
    fault = ProviderFault("context_too_large", "No.", too_long=LONG)
    error = _told("chat_completions", problem_of_inputs(fault))
    assert (error["code"], error["param"]) == ("context_length_exceeded", "input")
    other = problem_of_inputs(ProviderFault("invalid_request", "No."))
    assert _told("chat_completions", other)["param"] is None


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("chat_completions", b'"context_length_exceeded"'),
        ("messages", b'"prompt is too long: 210000 tokens > 200000 maximum"'),
        ("responses", b"maximum context length is 200000 tokens"),
    ],
)
def test_a_stream_that_has_begun_ends_with_the_same(name: WireName, words: bytes) -> None:
    fault = ProviderFault("context_too_large", "No.", too_long=LONG)
    writer = encoder(name)
    writer.begin()
    writer.feed(TextDelta("Half"))
    assert words in writer.fault(problem_of_fault(fault))


def test_another_lack_of_models_is_told_as_ever() -> None:
    problem = problem_of(NoModelError("No model reads images."))
    assert (problem.status, problem.code, problem.param) == (400, "ai.no_model", "model")

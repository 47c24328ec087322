"""What is kept of a vendor's own words when it refuses, and how long it says a request was."""

import json
from typing import Any

import pytest

from vectal.ai.ports import TooLong, VendorWords
from vectal.ai.providers.faults import fault_from_event, fault_from_response

SECRET = "sk-upstream-0123456789"


def _body(**error: Any) -> bytes:
    return json.dumps({"error": {"message": "No.", **error}}).encode()


def test_the_vendors_own_names_are_kept() -> None:
    body = _body(type="image_parse_error", code="unsupported_value", param="messages[0].role")
    said = VendorWords("unsupported_value", "messages[0].role", "image_parse_error")
    fault = fault_from_response(400, {}, body)
    assert (fault.kind, fault.said) == ("invalid_request", said)
    inside = fault_from_event(json.loads(body)["error"])
    assert inside.said == said
    assert fault_from_response(400, {}, _body()).said is None
    assert fault_from_response(400, {}, b"<html>").said is None


@pytest.mark.parametrize(
    "bad",
    [
        "x" * 129,
        "line\nbreak",
        "nul\x00",
        "\x7f",
        "bidi\u202e",
        SECRET,
        f"messages.{SECRET}.x",
        "sk-another-9876543210",
        "",
        7,
        4.5,
        True,
        [],
        {"a": 1},
    ],
)
def test_what_can_not_be_shown_is_left_out_and_the_rest_is_kept(bad: Any) -> None:
    fault = fault_from_response(400, {}, _body(param=bad, code="good"), secret=SECRET)
    assert fault.said == VendorWords(code="good")
    assert "It said: No." in fault.detail
    if isinstance(bad, str):
        fault = fault_from_response(400, {}, _body(param="top_p", code=bad), secret=SECRET)
        assert fault.said == VendorWords(param="top_p")


def test_a_key_of_any_shape_is_no_code() -> None:
    fault = fault_from_response(
        400, {}, _body(code="a.plainkey", param="plainkey"), secret="plainkey"
    )
    assert fault.said is None


MODEL_TAKES = "This model's maximum context length is 8192 tokens"
LENGTHS = {
    "prompt is too long: 210000 tokens > 200000 maximum": TooLong(210_000, 200_000),
    "input length and `max_tokens` exceed context limit: 188240 + 21333 > 200000, decrease it": (
        TooLong(188_240, 200_000, 21_333)
    ),
    f"{MODEL_TAKES}. However, your messages resulted in 9000 tokens.": TooLong(9_000, 8_192),
    f"{MODEL_TAKES}. However, you requested 9000 tokens (8000 in the messages, 1000 in the"
    " completion).": TooLong(8_000, 8_192, 1_000),
    f"{MODEL_TAKES}, however you requested 9000 tokens (9000 in your prompt; 0 for the"
    " completion).": TooLong(9_000, 8_192),
    "Your input exceeds the context window of this model.": TooLong(),
}


@pytest.mark.parametrize("message", LENGTHS)
def test_how_long_a_request_was_is_read(message: str) -> None:
    fault = fault_from_response(400, {}, _body(message=message))
    assert (fault.kind, fault.too_long) == ("context_too_large", LENGTHS[message])


def test_the_length_is_told_by_the_code_alone() -> None:
    fault = fault_from_response(400, {}, _body(code="context_length_exceeded"))
    assert fault.too_long == TooLong()


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (429, {"message": "Too many tokens, please wait."}),
        (413, {"message": "The body is too large.", "type": "request_too_large"}),
        (413, {}),
        (400, {"code": "string_above_max_length"}),
    ],
)
def test_other_limits_are_no_matter_of_the_window(status: int, error: dict[str, Any]) -> None:
    assert fault_from_response(status, {}, _body(**error)).too_long is None

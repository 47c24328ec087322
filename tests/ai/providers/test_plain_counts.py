"""The short way to an answer's counts says what the long way says, or nothing."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vectal.ai.contracts import TokenUsage
from vectal.ai.ports import ProviderFault
from vectal.ai.providers.chat_completions.stream import plain_counts, read_usage
from vectal.ai.providers.raw import counted

_VALUE = st.one_of(
    st.integers(-2, 2_000_000_000), st.none(), st.booleans(), st.floats(0, 9), st.text(max_size=3)
)
_DETAILS = st.one_of(
    st.dictionaries(
        st.sampled_from(["cached_tokens", "cache_write_tokens", "reasoning_tokens"]), _VALUE
    ),
    _VALUE,
)
_USAGE = st.fixed_dictionaries(
    {},
    optional={
        "prompt_tokens": _VALUE,
        "completion_tokens": _VALUE,
        "total_tokens": _VALUE,
        "prompt_cache_hit_tokens": _VALUE,
        "prompt_tokens_details": _DETAILS,
        "completion_tokens_details": _DETAILS,
    },
)


@given(_USAGE)
def test_both_ways_agree(usage: dict[str, Any]) -> None:
    body = json.dumps({"id": "x", "usage": usage}).encode()
    long = read_usage(usage)
    assert plain_counts(body) in (None, long)
    assert counted("chat_completions", body, "") == long


def test_a_plain_answer_goes_the_short_way() -> None:
    usage = {
        "prompt_tokens": 9,
        "completion_tokens": 7,
        "prompt_tokens_details": {"cached_tokens": 4, "audio_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": 3},
    }
    assert plain_counts(json.dumps({"usage": usage}).encode()) == TokenUsage(9, 7, 4, 0, 3)


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'{"usage": 1}', b"\xff", b'{"usage": null}'])
def test_what_is_not_plain_is_left_to_the_long_way(body: bytes) -> None:
    assert plain_counts(body) is None


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b'{"error": {"message": "no", "code": 429}}', "rate_limited"),
        (b'{"error": "no", "usage": null}', "server_error"),
        (b'{"type": "error", "error": {"type": "overloaded_error"}}', "overloaded"),
    ],
)
def test_an_error_in_the_place_of_an_answer_is_a_fault(body: bytes, kind: str) -> None:
    for wire in ("chat_completions", "messages"):
        with pytest.raises(ProviderFault) as caught:
            counted(wire, body, "")
        assert caught.value.kind == kind


@pytest.mark.parametrize("error", [b"null", b"{}", b'""', b"0"])
def test_an_empty_error_is_none(error: bytes) -> None:
    assert counted("chat_completions", b'{"choices": [], "error": %b}' % error, "") is None

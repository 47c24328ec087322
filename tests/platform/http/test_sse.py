"""The incremental parser of server-sent events."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vectal.platform.http.sse import EventTooLargeError, SseEvent, SseParser

_TEXT = st.text(
    st.characters(blacklist_categories=["Cs"], blacklist_characters="\r\n\ufeff"), max_size=30
)
_NEWLINE = st.sampled_from(["\n", "\r\n", "\r"])


def _parse(chunks: list[bytes], parser: SseParser | None = None) -> list[SseEvent]:
    parser = parser or SseParser()
    return [event for chunk in chunks for event in parser.feed(chunk)]


def _cut(raw: bytes, places: list[int]) -> list[bytes]:
    edges = [0, *sorted(place % (len(raw) + 1) for place in places), len(raw)]
    return [raw[start:end] for start, end in pairwise(edges)]


@st.composite
def _streams(draw: st.DrawFn) -> tuple[bytes, list[SseEvent]]:
    """A valid stream and the events that it holds."""
    raw = draw(st.sampled_from(["", "\ufeff"]))
    expected: list[SseEvent] = []
    newline = draw(_NEWLINE)
    for _ in range(draw(st.integers(0, 6))):
        if draw(st.booleans()):
            raw += f": {draw(_TEXT)}{newline}"
        name = draw(st.sampled_from(["", "delta", "ping"]))
        if name:
            raw += f"event: {name}{newline}"
        lines = draw(st.lists(_TEXT, min_size=1, max_size=3))
        raw += "".join(f"data: {line}{newline}" for line in lines) + newline
        expected.append(SseEvent(name or "message", "\n".join(lines)))
    return raw.encode(), expected


@given(_streams(), st.lists(st.integers(0, 5000), max_size=20))
def test_events_do_not_depend_on_where_the_bytes_are_cut(
    stream: tuple[bytes, list[SseEvent]], places: list[int]
) -> None:
    raw, expected = stream
    assert _parse(_cut(raw, places)) == expected


@given(_streams())
def test_single_bytes_give_the_same_events(stream: tuple[bytes, list[SseEvent]]) -> None:
    raw, expected = stream
    assert _parse([bytes([byte]) for byte in raw]) == expected


@given(st.lists(st.binary(max_size=200), max_size=10))
def test_any_bytes_are_taken(chunks: list[bytes]) -> None:
    _parse(chunks)


def test_an_event_without_its_blank_line_is_not_given() -> None:
    assert _parse([b"data: one\n\ndata: two\n"]) == [SseEvent("message", "one")]


def test_an_event_without_data_is_dropped_with_its_name() -> None:
    assert _parse([b"event: ping\n\ndata: x\n\n"]) == [SseEvent("message", "x")]


@pytest.mark.parametrize("line", [b"data: " + b"x" * 200, b": " + b"x" * 200, b"x" * 200])
def test_a_line_past_the_limit_is_refused_before_it_ends(line: bytes) -> None:
    with pytest.raises(EventTooLargeError):
        _parse([bytes([byte]) for byte in line], SseParser(max_event_bytes=100))


def test_many_short_lines_past_the_limit_are_refused() -> None:
    parser = SseParser(max_event_bytes=100)
    with pytest.raises(EventTooLargeError):
        parser.feed(b"data: 0123456789\n" * 20)


def test_comments_count_as_a_sign_of_life() -> None:
    parser = SseParser()
    parser.feed(b": still here\n: and here\n")
    assert parser.lines == 2

"""Cursors survive a round trip and refuse everything else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vectal.platform.db.paging import InvalidCursorError, decode_cursor, encode_cursor

values = st.lists(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=20), max_size=4
)


@given(values)
def test_a_cursor_carries_its_values(given_values: list[str | int | bool | None]) -> None:
    cursor = encode_cursor("tasks:due", given_values)
    assert decode_cursor("tasks:due", cursor, length=len(given_values)) == given_values


@given(st.text(max_size=60))
def test_any_other_text_is_refused(text: str) -> None:
    with pytest.raises(InvalidCursorError):
        decode_cursor("tasks:due", text, length=2)


def test_a_cursor_of_another_query_is_refused() -> None:
    cursor = encode_cursor("tasks:due", ["a", 1])
    with pytest.raises(InvalidCursorError):
        decode_cursor("tasks:title", cursor, length=2)
    with pytest.raises(InvalidCursorError):
        decode_cursor("tasks:due", cursor, length=3)


def test_nested_values_are_refused() -> None:
    cursor = encode_cursor("k", [["x"]])  # pyright: ignore[reportArgumentType] - hostile on purpose
    with pytest.raises(InvalidCursorError):
        decode_cursor("k", cursor, length=1)

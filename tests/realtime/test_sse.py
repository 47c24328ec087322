"""The wire of server-sent events."""

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from vectal.realtime import sse


@given(st.text(st.characters(codec="utf-8")))
def test_any_text_survives_as_one_data_line(text: str) -> None:
    raw = sse.render("12", "turn.text", msgspec.json.encode({"text": text}))
    id_line, event_line, data_line, *rest = raw.split(b"\n")
    assert (id_line, event_line, rest) == (b"id: 12", b"event: turn.text", [b"", b""])
    assert msgspec.json.decode(data_line.removeprefix(b"data: ")) == {"text": text}


def test_a_heartbeat_is_a_comment() -> None:
    assert sse.HEARTBEAT.startswith(b":")

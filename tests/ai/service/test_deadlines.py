"""How long calls may take."""

from __future__ import annotations

import json
from typing import Any

import pytest

from vectal.ai.proxy.wires.passing import peek
from vectal.ai.service.gateway.deadlines import STREAM_S, WHOLE_S, deadline_s

CODE = {"tools": [{"type": "code_execution_20250825", "name": "code_execution"}]}
CONTAINER = {"tools": [{"type": "code_interpreter", "container": {"type": "auto"}}]}


@pytest.mark.parametrize(
    ("members", "seconds"),
    [
        ({}, WHOLE_S),
        ({"stream": False}, WHOLE_S),
        ({"stream": True}, STREAM_S),
        ({"stream": True, **CODE}, WHOLE_S),
        ({"stream": True, **CONTAINER}, WHOLE_S),
    ],
)
def test_a_stream_may_take_longer_unless_its_minutes_are_charged(
    members: dict[str, Any], seconds: float
) -> None:
    assert (
        deadline_s(peek(json.dumps({"model": "m", "messages": [], **members}).encode())) == seconds
    )

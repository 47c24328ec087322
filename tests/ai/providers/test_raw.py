"""Answers that are passed on as they came."""

from __future__ import annotations

import gc

from tests.ai.providers.rigs import OPENAI, Text
from tests.ai.providers.scripted_egress import Playback, ScriptedEgress

from vectal.ai.ports import CallLimits, Credentials
from vectal.ai.providers.raw import Heard, RawCall, forward
from vectal.platform.http.sse import SseEvent

LIMITS = CallLimits(deadline_s=60, first_byte_s=60, idle_s=60)


async def test_only_the_piece_itself_waits_for_a_client() -> None:
    """What was read from it is several times as large, and of no use any more."""
    said = b"".join(OPENAI.open_stream([Text("word")]) for _ in range(50))
    egress = ScriptedEgress(Playback([said]))
    heard = Heard()
    call = RawCall("chat_completions", b"{}", stream=True, hide_usage=True)
    credentials = Credentials("http://here.test/v1", "key")
    gc.collect()
    before = _count_events()
    pieces = forward(egress, "openai", credentials, call, LIMITS, heard)
    piece = await pieces.receive()
    assert isinstance(piece, bytes)
    assert piece.count(b"word") == 50
    assert heard.chars == 4 * 50
    assert _count_events() - before <= 1
    await pieces.close()


def _count_events() -> int:
    return sum(isinstance(each, SseEvent) for each in gc.get_objects())

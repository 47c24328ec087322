"""Answers that are passed on as they came."""

from __future__ import annotations

import gc

import pytest
from tests.ai.providers.rigs import ANTHROPIC, OPENAI, Rig, Text
from tests.ai.providers.scripted_egress import Playback, ScriptedEgress

from vectal.ai.ports import CallLimits, Credentials, ProviderFault, ProviderKind
from vectal.ai.providers.raw import Heard, RawCall, RawWire, forward
from vectal.platform.http.sse import SseEvent

LIMITS = CallLimits(deadline_s=60, first_word_s=60, idle_s=60)


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


Way = tuple[Rig, ProviderKind, RawWire]
WAYS: list[Way] = [
    (OPENAI, "openai", "chat_completions"),
    (ANTHROPIC, "anthropic", "messages"),
]
CREDENTIALS = Credentials("http://here.test/v1", "key")


@pytest.mark.parametrize("way", WAYS, ids=["openai", "anthropic"])
@pytest.mark.parametrize("hides_usage", [False, True])
@pytest.mark.parametrize("line_end", [b"\n", b"\r\n"])
async def test_what_came_before_an_error_is_passed_on(
    way: Way, line_end: bytes, *, hides_usage: bool
) -> None:
    """Also where both are read at once."""
    rig, kind, wire = way
    hides_usage = hides_usage and wire == "chat_completions"
    said = rig.open_stream([Text("Paid for")]).replace(b"\n", line_end)
    error = rig.error_event.replace(b"\n", line_end)
    heard = Heard()
    call = RawCall(wire, b"{}", stream=True, hide_usage=hides_usage)
    egress = ScriptedEgress(Playback([said + error]))
    pieces = forward(egress, kind, CREDENTIALS, call, LIMITS, heard)
    piece = await pieces.receive()
    assert isinstance(piece, bytes)
    assert piece.replace(b"\r", b"") == said.replace(b"\r", b"")
    with pytest.raises(ProviderFault, match=r"[Oo]verloaded"):
        await pieces.receive()
    assert heard.chars == len("Paid for")
    await pieces.close()


@pytest.mark.parametrize("way", WAYS, ids=["openai", "anthropic"])
async def test_an_error_before_any_text_is_nothing_to_pass_on(way: Way) -> None:
    """Somebody else may still answer."""
    rig, kind, wire = way
    call = RawCall(wire, b"{}", stream=True)
    egress = ScriptedEgress(Playback([rig.open_stream([]) + rig.error_event]))
    pieces = forward(egress, kind, CREDENTIALS, call, LIMITS, Heard())
    with pytest.raises(ProviderFault):
        await pieces.receive()
    await pieces.close()


async def _read(way: Way, *chunks: bytes | ProviderFault) -> tuple[list[bytes], bool]:
    """What is passed on, and whether the stream ended well."""
    _, kind, wire = way
    call = RawCall(wire, b"{}", stream=True)
    pieces = forward(ScriptedEgress(Playback(chunks)), kind, CREDENTIALS, call, LIMITS, Heard())
    said: list[bytes] = []
    try:
        while isinstance(piece := await pieces.receive(), bytes):
            said.append(piece)
    except ProviderFault:
        return said, False
    finally:
        await pieces.close()
    return said, True


@pytest.mark.parametrize("way", WAYS, ids=["openai", "anthropic"])
@pytest.mark.parametrize("line_end", [b"\n", b"\r\n", b"\r"])
async def test_nothing_of_half_an_event_is_passed_on(way: Way, line_end: bytes) -> None:
    """What the client is told of the end would be read as the rest of it."""
    whole = way[0].open_stream([Text("Paid for")]).replace(b"\n", line_end)
    half = whole[whole.rindex(b"data:") :][:-9]
    broken = ProviderFault("connection", "It broke off.")
    for chunks in ([whole + half, broken], [whole[:-7], whole[-7:] + half[:3], half[3:], broken]):
        said, is_well = await _read(way, *chunks)
        assert b"".join(said) == whole
        assert not is_well


@pytest.mark.parametrize("way", WAYS, ids=["openai", "anthropic"])
async def test_an_error_that_comes_in_pieces_is_not_passed_on(way: Way) -> None:
    whole, error = way[0].open_stream([Text("Paid for")]), way[0].error_event
    said, is_well = await _read(way, whole + error[:20], error[20:])
    assert b"".join(said) == whole
    assert not is_well


@pytest.mark.parametrize("way", WAYS, ids=["openai", "anthropic"])
async def test_what_is_whole_is_passed_on_to_its_last_byte(way: Way) -> None:
    """Byte for byte, wherever it is cut; a sign of life is not held up."""
    whole = way[0].stream([Text("Hi")], "stop", None)
    said, is_well = await _read(way, *(whole[at : at + 5] for at in range(0, len(whole), 5)))
    assert (b"".join(said), is_well) == (whole, True)
    life = b": still here\n"
    said, _ = await _read(way, way[0].open_stream([Text("Hi")]), life, life)
    assert said[-2:] == [life, life]


async def test_a_last_line_without_its_end_is_passed_on_too() -> None:
    """Not all servers end it; the answer was whole before."""
    whole = OPENAI.stream([Text("Hi")], "stop", None)[:-1]
    said, is_well = await _read(WAYS[0], whole)
    assert (b"".join(said), is_well) == (whole, True)


async def test_an_answer_without_an_end_is_not_kept_by_its_error() -> None:
    """Errors are in cycles, so what their frames hold stays until somebody collects them."""
    piece, call = b"a" * 65_536, RawCall("messages", b"{}", stream=False, max_answer_bytes=100_000)
    egress = ScriptedEgress(Playback([piece] * 3))
    pieces = forward(egress, "anthropic", CREDENTIALS, call, LIMITS, Heard())
    with pytest.raises(ProviderFault, match="too large") as caught:
        await pieces.receive()
    told = caught.value.__traceback__
    while told is not None:
        for value in told.tb_frame.f_locals.values():
            assert not isinstance(value, bytes | bytearray) or len(value) <= len(piece)
        told = told.tb_next
    await pieces.close()


def _count_events() -> int:
    return sum(isinstance(each, SseEvent) for each in gc.get_objects())

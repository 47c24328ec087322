"""What of a body costs more than its bytes tell, and how it is found in them."""

from __future__ import annotations

import json

import pytest

from vectal.ai.proxy.wires.attached import Attached
from vectal.ai.proxy.wires.framing import frame_of
from vectal.ai.proxy.wires.passing import peek
from vectal.ai.proxy.wires.port import BadCallError

IMAGE = {"type": "image", "source": {"type": "url", "url": "https://x.test/"}}
DOCUMENT = {"type": "document", "source": {"type": "file", "file_id": "file_1"}}


def escaped(word: str) -> str:
    """The word in JSON, each of its letters as an escape that it does not need."""
    return "".join(f"\\u{ord(letter):04x}" for letter in word)


@pytest.mark.parametrize(
    ("word", "found"), [("image_url", Attached(1)), ("file", Attached(documents=True))]
)
def test_words_that_are_written_as_escapes_are_read(word: str, found: Attached) -> None:
    part = f'{{"{escaped("type")}":"{escaped(word)}"}}'
    body = f'{{"model":"m","messages":[{{"role":"user","content":[{part}]}}]}}'.encode()
    assert json.loads(body)["messages"][0]["content"] == [{"type": word}]
    assert peek(body).attached == found
    assert frame_of(body, "messages") is None
    plain = b'{"model":"m","messages":[{"role":"user","content":"x"}]}'
    frame = frame_of(plain, "messages")
    assert frame is not None
    assert frame.match(plain) is not None
    assert frame.match(body) is None


@pytest.mark.parametrize("filler", ["x" * 300_000, "[" * 200 + "]" * 200])
def test_escapes_that_are_not_read_may_be_anything(filler: str) -> None:
    said = json.dumps(filler) if filler.startswith("x") else filler
    part = f'{{"{escaped("type")}":"{escaped("file")}","text":{said}}}'
    body = f'{{"model":"m","messages":[{{"role":"user","content":[{part}]}}]}}'.encode()
    assert peek(body).attached == Attached(documents=True)


@pytest.mark.parametrize(("name", "value"), [("service_tier", "priority"), ("speed", "fast")])
def test_what_costs_a_multiple_is_refused(name: str, value: str) -> None:
    with pytest.raises(BadCallError, match=f"{name}: it costs") as refused:
        peek(json.dumps({"model": "m", name: value}).encode())
    assert refused.value.param == name
    for cheaper in ("auto", "flex", "standard", None):
        assert peek(json.dumps({"model": "m", name: cheaper}).encode()).is_measured


@pytest.mark.parametrize("n", [0, 129, "2"])
def test_choices_are_a_number(n: object) -> None:
    with pytest.raises(BadCallError, match="n:"):
        peek(json.dumps({"model": "m", "n": n}).encode())


@pytest.mark.parametrize(
    ("content", "is_of_the_frame"),
    [
        ("words [1] and \\ and \u00e9", True),
        ([{"type": "text", "text": 'say "type": "image"'}], True),
        ([{"type": "text", "text": "caf\u00e9 \u20ac"}], True),
        ([IMAGE], False),
        ([DOCUMENT], False),
    ],
)
def test_a_frame_knows_conversations_by_their_parts(
    content: object, *, is_of_the_frame: bool
) -> None:
    def body(said: object) -> bytes:
        return json.dumps({"model": "m", "messages": [{"role": "user", "content": said}]}).encode()

    frame = frame_of(body("x"), "messages")
    assert frame is not None
    assert (frame.match(body(content)) is not None) == is_of_the_frame

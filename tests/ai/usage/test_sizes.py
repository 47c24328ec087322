"""What is set aside for the text of a request covers all that is sent of it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from tests.ai.wires.strategies import (
    conversation,
    images,
    parts,
    plain_calls,
    plain_results,
    plain_texts,
    texts,
    tools,
)

from vectal.ai.contracts import (
    ChatMessage,
    ImagePart,
    ReasoningPart,
    TextPart,
    ToolResultPart,
    user_message,
)
from vectal.ai.ports import ModelRequest
from vectal.ai.providers import compatible
from vectal.ai.providers.chat_completions import request as chat
from vectal.ai.providers.messages import request as claude
from vectal.ai.providers.untrusted import as_list, as_object
from vectal.ai.usage.sizes import is_kept_long, picture_bytes, text_bytes

requests = st.builds(
    ModelRequest,
    model=st.just("m"),
    system=st.text(max_size=40),
    messages=conversation(
        parts(plain_texts, images, min_size=1),
        st.lists(st.builds(ReasoningPart, texts, signature=texts, provider=st.just("anthropic"))),
        parts(plain_texts),
        plain_calls,
        plain_results,
    ),
    max_output_tokens=st.just(5),
    tools=tools(cached=False),
)


def strings_of(value: object) -> list[str]:
    """All texts in a body but those of pictures."""
    if isinstance(value, str):
        return [] if value.startswith("data:image") else [value]
    if members := as_object(value):
        if members.get("type") == "base64":
            return []
        return [*members, *(text for each in members.values() for text in strings_of(each))]
    return [text for each in as_list(value) or () for text in strings_of(each)]


@given(requests)
def test_no_vendor_gets_more_text(request: ModelRequest) -> None:
    for body in (claude.request_body(request), chat.request_body(request, compatible.DIALECT)):
        sent = sum(len(text.encode("utf-8", "surrogatepass")) for text in strings_of(body))
        assert sent <= text_bytes(request)


def test_pictures_are_no_text() -> None:
    picture = ImagePart("image/png", b"12345")
    inner = ToolResultPart("c", "f", "", pieces=(TextPart(""), picture))
    said = (ChatMessage("user", (picture,)), ChatMessage("tool", (inner,)))
    request = ModelRequest("m", "", said, 5)
    assert picture_bytes(request) == 16
    assert text_bytes(request) < 600


def test_one_mark_keeps_it_long() -> None:
    plain = ModelRequest("m", "x", (user_message("x"),), 5)
    assert not is_kept_long(plain)
    marked = (ChatMessage("user", (TextPart("x", cache="1h"),)),)
    assert is_kept_long(ModelRequest("m", "x", marked, 5))
    assert is_kept_long(ModelRequest("m", "x", plain.messages, 5, cache="1h"))

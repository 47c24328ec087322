"""The messages of a messages body as a canonical conversation."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

from vectal.ai.contracts import (
    ChatMessage,
    ImagePart,
    Part,
    ResultPiece,
    TextPart,
    ToolCallPart,
    ToolResultPart,
    joined_text,
)
from vectal.ai.contracts_documents import FilePart
from vectal.ai.providers.fitting import PDF
from vectal.ai.providers.messages.citations import read_citation
from vectal.ai.proxy.wires.messages.shapes import (
    Assistant,
    Base64,
    Chunks,
    CitationsConfig,
    Document,
    Image,
    Message,
    Redacted,
    SearchResult,
    Text,
    Thinking,
    ToolResult,
    ToolUse,
    Url,
    User,
)
from vectal.ai.proxy.wires.reading import cache_of, checked_image, read_base64, read_url, refuse
from vectal.ai.proxy.wires.seals import unseal

PLAIN_TEXT: Final = "text/plain"


def read_messages(messages: Sequence[Message]) -> tuple[ChatMessage, ...]:
    """What user and assistant said; results of tools are messages of their own."""
    return tuple(_read(messages))


def read_texts(content: str | list[Text], at: str) -> Iterator[TextPart]:
    if isinstance(content, str):
        yield TextPart(content)
        return
    for index, block in enumerate(content):
        yield _text(block, f"{at}[{index}]")


def _read(messages: Sequence[Message]) -> Iterator[ChatMessage]:
    names: dict[str, str] = {}
    for index, message in enumerate(messages):
        at = f"messages[{index}].content"
        if isinstance(message, Assistant):
            parts = tuple(_assistant(message, at))
            names.update((p.call_id, p.name) for p in parts if isinstance(p, ToolCallPart))
            yield ChatMessage("assistant", parts)
        elif isinstance(message, User):
            yield from _turns(message, names, at)


def _turns(message: User, names: dict[str, str], at: str) -> Iterator[ChatMessage]:
    """Results and what the user says beside them, in runs of either."""
    if isinstance(message.content, str):
        yield ChatMessage("user", (TextPart(message.content),))
        return
    run: list[Part] = []
    results = False
    for index, block in enumerate(message.content):
        if run and results != isinstance(block, ToolResult):
            yield ChatMessage("tool" if results else "user", tuple(run))
            run = []
        results = isinstance(block, ToolResult)
        here = f"{at}[{index}]"
        run.append(
            _result(block, names, here) if isinstance(block, ToolResult) else _piece(block, here)
        )
    if run:
        yield ChatMessage("tool" if results else "user", tuple(run))


def _assistant(message: Assistant, at: str) -> Iterator[Part]:
    if isinstance(message.content, str):
        yield TextPart(message.content)
        return
    for index, block in enumerate(message.content):
        if isinstance(block, Text):
            yield _text(block, f"{at}[{index}]")
        elif isinstance(block, Thinking):
            yield unseal(block.thinking, block.signature, "anthropic")
        elif isinstance(block, Redacted):
            yield replace(unseal("", block.data, "anthropic"), redacted=True)
        else:
            yield _call(block, f"{at}[{index}].input")


def _call(block: ToolUse, at: str) -> ToolCallPart:
    arguments = bytes(block.input).decode()
    if not arguments.startswith("{"):
        refuse(at, "it must be an object.")
    return ToolCallPart(block.id, block.name, arguments, cache_of(block))


def _result(block: ToolResult, names: dict[str, str], at: str) -> ToolResultPart:
    content, pieces = block.content or "", ()
    if isinstance(content, list):
        pieces = tuple(_piece(b, f"{at}.content[{i}]") for i, b in enumerate(content))
        content = joined_text(pieces)
        if pieces == (TextPart(content),):
            pieces = ()
    name = names.get(block.tool_use_id, "")
    ok = not block.is_error
    return ToolResultPart(block.tool_use_id, name, content, ok, pieces, cache_of(block))


def _piece(block: Text | Image | Document | SearchResult, at: str) -> ResultPiece:
    if isinstance(block, Text):
        return _text(block, at)
    if isinstance(block, SearchResult):
        return _found(block)
    return _image(block, at) if isinstance(block, Image) else _document(block, at)


def _text(block: Text, at: str) -> TextPart:
    cited = (read_citation(citation) for citation in block.citations or ())
    citations = tuple(citation for citation in cited if citation is not None)
    if len(citations) < len(block.citations or ()):
        refuse(f"{at}.citations", "there is one of a type that is not supported.")
    return TextPart(block.text, citations, cache_of(block))


def _image(block: Image, at: str) -> ImagePart:
    source, ttl = block.source, cache_of(block)
    if isinstance(source, Url):
        return ImagePart("", url=read_url(source.url, f"{at}.source.url"), cache=ttl)
    kind = checked_image(source.media_type, f"{at}.source.media_type")
    return ImagePart(kind, read_base64(source.data, f"{at}.source.data"), cache=ttl)


def _found(block: SearchResult) -> FilePart:
    """What a search found: a text of that title, from there."""
    return FilePart(
        PLAIN_TEXT,
        _joined(block.content),
        name=block.title,
        about=block.source,
        cite=_cites(block.citations),
        cache=cache_of(block),
    )


def _joined(content: str | list[Text]) -> bytes:
    texts = [content] if isinstance(content, str) else [each.text for each in content]
    return "\n\n".join(texts).encode()


def _cites(config: CitationsConfig | None) -> bool:
    return config is not None and config.enabled


def _document(block: Document, at: str) -> FilePart:
    source = block.source
    part = FilePart(
        PDF,
        name=block.title,
        about=block.context,
        cite=_cites(block.citations),
        cache=cache_of(block),
    )
    if isinstance(source, Url):
        return replace(part, url=read_url(source.url, f"{at}.source.url"))
    if isinstance(source, Chunks):
        return replace(part, media_type=PLAIN_TEXT, data=_joined(source.content))
    if not isinstance(source, Base64):
        return replace(part, media_type=source.media_type, data=source.data.encode())
    if source.media_type != PDF:
        refuse(f"{at}.source.media_type", f"it must be {PDF!r}.")
    return replace(part, data=read_base64(source.data, f"{at}.source.data"))

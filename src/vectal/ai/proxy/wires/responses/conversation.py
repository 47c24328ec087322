"""The items of a responses body as a canonical conversation."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final, Literal, TypeAlias, TypeVar

from vectal.ai.contracts import (
    ChatMessage,
    Part,
    ResultPiece,
    TextPart,
    ToolCallPart,
    ToolResultPart,
    joined_text,
)
from vectal.ai.contracts_documents import Citation, FilePart
from vectal.ai.providers.chat_completions.annotations import read_annotation
from vectal.ai.providers.fitting import PDF
from vectal.ai.proxy.wires.kept import REFERENCE, WHY
from vectal.ai.proxy.wires.reading import (
    read_file,
    read_image,
    read_ttl,
    read_url,
    refuse,
)
from vectal.ai.proxy.wires.responses.shapes import (
    Content,
    InputFile,
    InputImage,
    InputText,
    Item,
    OutputText,
    Piece,
    ReasoningText,
)
from vectal.ai.proxy.wires.responses.tools import as_arguments, joined
from vectal.ai.proxy.wires.seals import unseal

Role: TypeAlias = Literal["user", "assistant", "tool"]
T = TypeVar("T")

_ROLES: Final[Mapping[str, Role]] = {
    "reasoning": "assistant",
    "function_call": "assistant",
    "function_call_output": "tool",
    "custom_tool_call": "assistant",
    "custom_tool_call_output": "tool",
}
_CALLS: Final = ("function_call", "custom_tool_call")
_RESULTS: Final = ("function_call_output", "custom_tool_call_output")
_SYSTEM: Final = ("system", "developer")
_ELSEWHERE: Final = "the model's provider has no files of OpenAI's. Send what is in it as"


def read_system(items: Sequence[Item]) -> tuple[TextPart, ...]:
    """All that system and developer say, wherever they say it."""
    said: list[TextPart] = []
    for index, item in enumerate(items):
        if item.type == "message" and item.role in _SYSTEM:
            for part in _message(item, f"input[{index}]"):
                if not isinstance(part, TextPart):
                    refuse(f"input[{index}].content", f"the {item.role} speaks text alone.")
                if part.text:
                    said.append(part)
    return tuple(said)


def read_items(items: Sequence[Item] | str) -> tuple[ChatMessage, ...]:
    """What user, assistant and tools said; neighbours of one side are one message."""
    if isinstance(items, str):
        return (ChatMessage("user", (TextPart(items),)),)
    messages: list[tuple[Role, list[Part]]] = []
    names: dict[str, str] = {}
    for index, item in enumerate(items):
        at = f"input[{index}]"
        role = _role(item, at)
        if role is None:
            continue
        parts = list(_parts(item, names, at))
        # Two messages of the user are two; an answer of the model comes in several items.
        if messages and messages[-1][0] == role != "user":
            messages[-1][1].extend(parts)
        else:
            messages.append((role, parts))
    return tuple(ChatMessage(role, tuple(parts)) for role, parts in messages)


def _role(item: Item, at: str) -> Role | None:
    """Whose message the item belongs to; None for the system's."""
    if item.type == "message":
        role = _needed(item.role, f"{at}.role")
        if role in {"user", "assistant"}:
            return "assistant" if role == "assistant" else "user"
        return None
    if item.type == REFERENCE:
        refuse(at, WHY["input"])
    if item.type not in _ROLES:
        refuse(f"{at}.type", f"{item.type[:60]!r} is not supported.")
    return _ROLES[item.type]


def _parts(item: Item, names: dict[str, str], at: str) -> Iterator[Part]:
    if item.type == "message":
        yield from _message(item, at)
    elif item.type in _CALLS:
        call_id = _needed(item.call_id, f"{at}.call_id")
        name = joined(_needed(item.name, f"{at}.name"), item.namespace)
        names[call_id] = name
        yield ToolCallPart(call_id, name, _arguments(item, at))
    elif item.type in _RESULTS:
        yield _result(item, names, at)
    else:
        yield from _reasoning(item)


def _arguments(item: Item, at: str) -> str:
    if item.type == "custom_tool_call":
        return as_arguments(_needed(item.input, f"{at}.input"))
    return _needed(item.arguments, f"{at}.arguments")


def _reasoning(item: Item) -> Iterator[Part]:
    thoughts = item.content if isinstance(item.content, list) else []
    texts = [part.text for part in thoughts if isinstance(part, ReasoningText)]
    text = "\n\n".join(texts or [part.text for part in item.summary or ()])
    if text or item.encrypted_content:
        yield unseal(text, item.encrypted_content or "", "openai")


def _result(item: Item, names: Mapping[str, str], at: str) -> ToolResultPart:
    call_id = _needed(item.call_id, f"{at}.call_id")
    output = _needed(item.output, f"{at}.output")
    name = names.get(call_id, item.name or "")
    if isinstance(output, str):
        return ToolResultPart(call_id, name, output)
    pieces = tuple(_piece(piece, f"{at}.output[{i}]") for i, piece in enumerate(output))
    content = joined_text(pieces)
    return ToolResultPart(
        call_id, name, content, pieces=() if pieces == (TextPart(content),) else pieces
    )


def _message(item: Item, at: str) -> Iterator[Part]:
    content = _needed(item.content, f"{at}.content")
    if isinstance(content, str):
        if content or item.role != "assistant":
            yield TextPart(content)
        return
    for index, part in enumerate(content):
        yield _content(part, f"{at}.content[{index}]")


def _content(part: Content, at: str) -> Part:
    if isinstance(part, InputText | InputImage | InputFile):
        return _piece(part, at)
    if isinstance(part, OutputText):
        return TextPart(part.text, tuple(_pages(part)))
    if isinstance(part, ReasoningText):
        refuse(at, "it belongs into an item of type 'reasoning'.")
    return TextPart(part.refusal, refusal=True)


def _pages(part: OutputText) -> Iterator[Citation]:
    """Pages of the web; annotations of files name files that are kept elsewhere."""
    for annotation in part.annotations or ():
        kind = annotation.get("type")
        page = read_annotation({"type": kind, "url_citation": annotation})
        if page is not None:
            yield page


def _piece(part: Piece, at: str) -> ResultPiece:
    ttl = read_ttl(part)
    if isinstance(part, InputText):
        return TextPart(part.text, cache=ttl)
    if isinstance(part, InputImage):
        if part.image_url is None and part.file_id is not None:
            refuse(f"{at}.file_id", f"{_ELSEWHERE} image_url.")
        url = _needed(part.image_url, f"{at}.image_url")
        return read_image(url, part.detail, ttl, f"{at}.image_url")
    if part.file_url:
        url = read_url(part.file_url, f"{at}.file_url")
        return FilePart(PDF, url=url, name=part.filename, cache=ttl)
    if part.file_data is None and part.file_id is not None:
        refuse(f"{at}.file_id", f"{_ELSEWHERE} file_data.")
    data = _needed(part.file_data, f"{at}.file_data")
    return read_file(data, part.filename, ttl, f"{at}.file_data")


def _needed(value: T | None, param: str) -> T:
    if value is None:
        refuse(param, "it is required.")
    return value

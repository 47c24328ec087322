"""Reading a request for embeddings, with the bounds that OpenAI sets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Final, Literal, TypeAlias, cast

import msgspec
from msgspec import Meta, Struct

from vectal.ai.providers.simulated.embedding import EmbeddingInput
from vectal.ai.proxy.wires.reading import Name, read_body, refuse
from vectal.ai.usage.tokens import count_tokens

MAX_INPUTS: Final = 2_048
MAX_TOKENS: Final = 300_000
_MAX_TOKEN: Final = 2**31 - 1

EncodingFormat: TypeAlias = Literal["float", "base64"]
_Length: TypeAlias = Annotated[int, Meta(ge=1, le=65_536)]


class _Body(Struct):
    model: Name
    input: str | list[Any]
    dimensions: _Length | None = None
    encoding_format: EncodingFormat | None = None
    user: str | None = None


_BODY: Final = msgspec.json.Decoder(_Body)


@dataclass(frozen=True, slots=True)
class EmbeddingCall:
    """A request as a client sent it. `tokens` is our own count of all inputs."""

    model: str
    inputs: tuple[EmbeddingInput, ...]
    dimensions: int | None
    encoding_format: EncodingFormat
    tokens: int


def read_embedding_call(body: bytes) -> EmbeddingCall:
    """Raises BadCallError, which names the member."""
    read = read_body(_BODY, body)
    inputs = _inputs(read.input)
    if len(inputs) > MAX_INPUTS:
        refuse("input", f"a request may have at most {MAX_INPUTS} inputs; it has {len(inputs)}.")
    tokens = _count(inputs)
    if tokens > MAX_TOKENS:
        refuse("input", f"a request may have at most {MAX_TOKENS} tokens; it has about {tokens}.")
    return EmbeddingCall(
        read.model, inputs, read.dimensions, read.encoding_format or "float", tokens
    )


def _inputs(given: str | list[Any]) -> tuple[EmbeddingInput, ...]:
    """One text, texts, one list of tokens, or lists of tokens; never a mixture."""
    if isinstance(given, str):
        return (_text(given, "input"),)
    if not given:
        refuse("input", "it can't be empty.")
    if isinstance(given[0], str):
        return tuple(_text(each, f"input[{place}]") for place, each in enumerate(given))
    if isinstance(given[0], list):
        return tuple(_tokens(each, f"input[{place}]") for place, each in enumerate(given))
    return (_tokens(given, "input"),)


def _text(value: object, at: str) -> str:
    if not isinstance(value, str):
        refuse(at, "all inputs must be texts, when the first is one.")
    if not value:
        refuse(at, "it can't be an empty string.")
    return value


def _tokens(value: object, at: str) -> tuple[int, ...]:
    if not isinstance(value, list) or not value:
        refuse(at, "it must be a list of tokens that is not empty.")
    tokens = cast("list[object]", value)
    if not all(type(token) is int and 0 <= token <= _MAX_TOKEN for token in tokens):
        refuse(at, "tokens are whole numbers of 0 or more.")
    return tuple(cast("list[int]", tokens))


def _count(inputs: Sequence[EmbeddingInput]) -> int:
    """Exact for tokens; of texts what `count_tokens` says of them all, in bounded time."""
    texts = [each for each in inputs if isinstance(each, str)]
    return count_tokens("\n".join(texts)) + sum(
        len(each) for each in inputs if not isinstance(each, str)
    )

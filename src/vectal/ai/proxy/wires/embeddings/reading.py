"""Reading a request for embeddings, with the bounds that OpenAI sets."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Final, Literal, NoReturn, TypeAlias, TypeVar

import msgspec
from msgspec import Meta, Raw, Struct

from vectal.ai.providers.simulated.embedding import EmbeddingInput
from vectal.ai.proxy.wires.reading import Name, read_body, refuse
from vectal.ai.usage.tokens import count_tokens

T = TypeVar("T")

MAX_INPUTS: Final = 2_048
MAX_TOKENS: Final = 300_000
_MAX_TOKEN: Final = 2**31 - 1

EncodingFormat: TypeAlias = Literal["float", "base64"]
_Length: TypeAlias = Annotated[int, Meta(ge=1, le=65_536)]


class _Body(Struct):
    model: Name
    input: Raw
    dimensions: _Length | None = None
    encoding_format: EncodingFormat | None = None
    user: str | None = None


_BODY: Final = msgspec.json.Decoder(_Body)
_Text: TypeAlias = Annotated[str, Meta(min_length=1)]
_Token: TypeAlias = Annotated[int, Meta(ge=0, le=_MAX_TOKEN)]
_Tokens: TypeAlias = Annotated[list[_Token], Meta(min_length=1)]
_TEXT: Final = msgspec.json.Decoder(_Text)
_TEXTS: Final = msgspec.json.Decoder(list[_Text])
_TOKENS: Final = msgspec.json.Decoder(_Tokens)
_LISTS: Final = msgspec.json.Decoder(list[_Tokens])
_LIST: Final = re.compile(rb"\[[ \t\r\n]*([^ \t\r\n\]])")
_TOO_MANY_TEXTS: Final = re.compile(
    rb'\[(?:[ \t\r\n]*"(?:[^"\\]++|\\.)*+"[ \t\r\n]*,){%d}+' % MAX_INPUTS, re.DOTALL
)
_PLACE: Final = re.compile(r"`\$(\[\d+\])")
_EMPTY: Final = "it can't be an empty string."
_NO_TEXTS: Final = "all inputs must be texts that are not empty, when the first is one."
_NO_TOKENS: Final = "it must be a list of tokens, whole numbers of 0 or more, that is not empty."


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
    inputs = _inputs(bytes(read.input))
    if len(inputs) > MAX_INPUTS:
        _refuse_number(len(inputs))
    tokens = _count(inputs)
    if tokens > MAX_TOKENS:
        _refuse_tokens(tokens)
    return EmbeddingCall(
        read.model, inputs, read.dimensions, read.encoding_format or "float", tokens
    )


def _inputs(given: bytes) -> tuple[EmbeddingInput, ...]:
    """One text, texts, one list of tokens, or lists of tokens; never a mixture.

    What there is too much of is counted before it is decoded: millions of lists of one token each
    would take a minute and a gigabyte.
    """
    if given.startswith(b'"'):
        return (_decoded(_TEXT, given, _EMPTY),)
    begins = _LIST.match(given)
    if begins is None:
        refuse("input", "it must be a text, or a list of texts or tokens that is not empty.")
    if begins[1] == b'"':
        if _TOO_MANY_TEXTS.match(given):
            _refuse_number("more")
        return tuple(_decoded(_TEXTS, given, _NO_TEXTS))
    # From here on there are no texts, in which brackets and commas would mean nothing.
    if (lists := given.count(b"[") - 1) > MAX_INPUTS:
        _refuse_number(lists)
    if (tokens := given.count(b",") + 1) > MAX_TOKENS:
        _refuse_tokens(tokens)
    if begins[1] == b"[":
        return tuple(tuple(each) for each in _decoded(_LISTS, given, _NO_TOKENS))
    return (tuple(_decoded(_TOKENS, given, _NO_TOKENS, of_one=True)),)


def _decoded(
    decoder: msgspec.json.Decoder[T], given: bytes, why: str, *, of_one: bool = False
) -> T:
    """Refuses what is wrong in words of our own, by the input that it is in."""
    try:
        return decoder.decode(given)
    except msgspec.ValidationError as error:
        place = None if of_one else _PLACE.search(str(error))
        refuse(f"input{place[1] if place else ''}", why)


def _refuse_number(found: int | str) -> NoReturn:
    refuse("input", f"a request may have at most {MAX_INPUTS} inputs; it has {found}.")


def _refuse_tokens(found: int) -> NoReturn:
    refuse("input", f"a request may have at most {MAX_TOKENS} tokens; it has about {found}.")


def _count(inputs: Sequence[EmbeddingInput]) -> int:
    """Exact for tokens; of texts what `count_tokens` says of them all, in bounded time."""
    texts = [each for each in inputs if isinstance(each, str)]
    return count_tokens("\n".join(texts)) + sum(
        len(each) for each in inputs if not isinstance(each, str)
    )

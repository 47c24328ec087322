"""Writing an answer in OpenAI's shape."""

from __future__ import annotations

import sys
from array import array
from base64 import b64encode
from collections.abc import Sequence

import msgspec

from vectal.ai.proxy.wires.embeddings.reading import EmbeddingCall


def write_embeddings(call: EmbeddingCall, model: str, vectors: Sequence[list[float]]) -> bytes:
    """The whole body; vectors are numbers or, as asked for, base64 of little-endian float32."""
    rows = [
        {
            "object": "embedding",
            "index": index,
            "embedding": _base64(vector) if call.encoding_format == "base64" else vector,
        }
        for index, vector in enumerate(vectors)
    ]
    usage = {"prompt_tokens": call.tokens, "total_tokens": call.tokens}
    return msgspec.json.encode({"object": "list", "data": rows, "model": model, "usage": usage})


def _base64(vector: list[float]) -> str:
    packed = array("f", vector)
    if sys.byteorder == "big":
        packed.byteswap()
    return b64encode(packed.tobytes()).decode()

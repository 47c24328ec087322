"""A model of our own over HTTP: a long answer in Markdown, at a steady number of tokens a second."""

from __future__ import annotations

import asyncio
import itertools
import json
import time
from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager
from typing import Final

MODEL: Final = "bench-writer"
CHARACTERS: Final = 32_000
TOKENS_PER_S: Final = 200
_TOKEN: Final = 4
END: Final = "\n\nThe end of it.\n"
_PIECE: Final = """\
## Part {n}

A paragraph about **part {n}** with `code`, a [link](https://example.com/{n}) and some more words,
so that it wraps over several lines on a screen of any width, as paragraphs in answers do.

- one thing that matters in part {n}
- another, which *matters less*

| name | value |
|---|---|
| first | {n} |
| second | two |

```python
def part_{n}(value: int) -> int:
    return value * {n}
```

"""
_HEAD: Final = (
    b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n"
    b"Cache-Control: no-store\r\n\r\n"
)


def answer() -> str:
    """As many characters as the goal speaks of."""
    pieces = (_PIECE.format(n=n) for n in itertools.count(1))
    text = ""
    while len(text) < CHARACTERS - len(END):
        text += next(pieces)
    return text[: CHARACTERS - len(END)] + END


def _tokens() -> Iterator[str]:
    text = answer()
    return (text[at : at + _TOKEN] for at in range(0, len(text), _TOKEN))


def _event(delta: dict[str, str], finish: str | None = None) -> bytes:
    chunk = {
        "id": "chatcmpl-bench",
        "object": "chat.completion.chunk",
        "created": 1,
        "model": MODEL,
        "choices": [{"index": 0, "delta": delta, "finish_reason": finish}],
    }
    return f"data: {json.dumps(chunk)}\n\n".encode()


async def _serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        _, _, rest = head.partition(b"content-length:")
        await reader.readexactly(int(rest.partition(b"\r\n")[0]) if rest else 0)
        writer.write(_HEAD)
        begin = time.perf_counter()
        for number, token in enumerate(_tokens()):
            writer.write(_event({"content": token}))
            await writer.drain()
            await asyncio.sleep(max(0.0, begin + number / TOKENS_PER_S - time.perf_counter()))
        writer.write(_event({}, "stop") + b"data: [DONE]\n\n")
        await writer.drain()
    except (ConnectionError, asyncio.IncompleteReadError):  # whoever asked has gone
        return
    finally:
        writer.close()


@asynccontextmanager
async def writing_model() -> AsyncGenerator[str]:
    """Its base address, for as long as the block lasts."""
    server = await asyncio.start_server(_serve, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        yield f"http://127.0.0.1:{port}/v1"

"""clamd's INSTREAM, against clamd itself where there is one, and against a peer that speaks it.

`VECTAL_TEST_CLAMD` names the program where it is not on PATH.
"""

import asyncio
import os
import shutil
import socket
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from vectal.platform.scanning import (
    Clamd,
    ScannerUnavailableError,
    ScanResult,
    StreamTooLongError,
)

EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
SIGNATURE = b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE"
MOST = 1 << 20
Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


async def pieces(*parts: bytes) -> AsyncIterator[bytes]:
    for part in parts:
        yield part


async def emulate(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """What clamd 1.4 does with a stream: its words, its limit, and hanging up when it is passed."""
    assert await reader.readexactly(10) == b"zINSTREAM\0"
    heard = bytearray()
    while size := int.from_bytes(await reader.readexactly(4), "big"):
        if len(heard) + size > MOST:
            writer.write(b"INSTREAM size limit exceeded. ERROR\0")
            break
        heard += await reader.readexactly(size)
    else:
        found = SIGNATURE in heard
        writer.write(b"stream: Vectal.Test.UNOFFICIAL FOUND\0" if found else b"stream: OK\0")
    await writer.drain()
    writer.close()


@asynccontextmanager
async def serving(serve: Serve) -> AsyncGenerator[Clamd]:
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        yield Clamd.parse(f"tcp://127.0.0.1:{port}")


def _find_clamd() -> str | None:
    return os.environ.get("VECTAL_TEST_CLAMD") or shutil.which("clamd")


@asynccontextmanager
async def real_clamd(folder: Path) -> AsyncGenerator[Clamd]:
    """Clamd with one signature, on a socket of the machine."""
    program = _find_clamd()
    assert program is not None
    path = folder / "clamd.sock"
    (folder / "signatures").mkdir()
    (folder / "signatures" / "test.ndb").write_text(f"Vectal.Test:0:*:{SIGNATURE.hex()}\n")
    (folder / "clamd.conf").write_text(
        f"LocalSocket {path}\nDatabaseDirectory {folder}/signatures\nForeground yes\n"
        f"StreamMaxLength {MOST}\n"
    )
    process = await asyncio.create_subprocess_exec(
        program, "-c", str(folder / "clamd.conf"), stdout=asyncio.subprocess.DEVNULL
    )
    try:
        async with asyncio.timeout(60):
            while not _listens(path):
                assert process.returncode is None
                await asyncio.sleep(0.1)
        yield Clamd.parse(f"unix://{path}")
    finally:
        process.kill()
        await process.wait()


def _listens(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(str(path))
        except OSError:
            return False
    return True


@pytest.fixture(
    params=[
        "emulator",
        pytest.param(
            "clamd", marks=pytest.mark.skipif(_find_clamd() is None, reason="there is no clamd")
        ),
    ]
)
async def clamd(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncGenerator[Clamd]:
    peer = real_clamd(tmp_path) if request.param == "clamd" else serving(emulate)
    async with peer as found:
        yield found


async def test_clean_and_infected_streams(clamd: Clamd) -> None:
    assert await clamd.scan(pieces(b"hello")) == ScanResult(None)
    assert await clamd.scan(pieces()) == ScanResult(None)
    found = await clamd.scan(pieces(EICAR[:20], EICAR[20:]))
    assert found.threat is not None
    assert found.threat.startswith("Vectal.Test")
    assert await clamd.scan(pieces(*[b"x" * 300_000] * 3)) == ScanResult(None)


async def test_a_stream_that_is_too_long_is_told_apart(clamd: Clamd) -> None:
    with pytest.raises(StreamTooLongError):
        await clamd.scan(pieces(*[b"x" * MOST] * 4))
    assert await clamd.scan(pieces(b"hello")) == ScanResult(None)


@pytest.mark.parametrize("words", [b"", b"stream: Broken ERROR\0", b"\xff\xfe", b"stream: OKAY\0"])
async def test_words_that_are_no_verdict_are_no_verdict(words: bytes) -> None:
    async def odd(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(bytes(4))
        writer.write(words)
        writer.close()

    async with serving(odd) as clamd:
        with pytest.raises(ScannerUnavailableError):
            await clamd.scan(pieces(b"hello"))


async def test_nobody_there_is_said_so(tmp_path: Path) -> None:
    for url in (f"unix://{tmp_path}/none.sock", "tcp://127.0.0.1:1"):
        with pytest.raises(ScannerUnavailableError):
            await Clamd.parse(url).scan(pieces(b"hello"))


@pytest.mark.parametrize("url", ["", "http://x:1", "tcp://", "unix://host/path", "clamd"])
def test_other_addresses_are_refused(url: str) -> None:
    with pytest.raises(ValueError, match="VECTAL_CLAMAV_URL"):
        Clamd.parse(url)

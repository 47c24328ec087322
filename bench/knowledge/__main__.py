"""`python -m bench.knowledge`: prints what reading, OCR and vectors cost, and what is found."""

from __future__ import annotations

import asyncio
import contextlib
import os
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import psutil
from tests.fixtures.documents import Outcome, extract

from bench.knowledge import corpus, peers, retrieval
from vectal.documents.chunking import Chunker
from vectal.documents.cleaning import clean
from vectal.documents.embedding.local import LocalEmbedder
from vectal.documents.embedding.wordpiece import wordpiece
from vectal.documents.extraction.contracts import ExtractionOptions, OcrOptions


async def main() -> None:
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} at the start\n")
    await _start()
    await _reading()
    await _ocr()
    await _vectors()
    await retrieval.report()
    print(f"\nload {os.getloadavg()[0]:.1f} at the end")


async def _start() -> None:
    took: list[float] = []
    for _ in range(7):
        begin = time.perf_counter()
        await extract(b"a word")
        took.append(time.perf_counter() - begin)
    print(f"locked child, start to end, one line of text: {sorted(took)[3] * 1e3:.0f} ms\n")


async def _reading() -> None:
    python = peers.peer_python()
    if python is None:
        print("markitdown and unstructured: left out, BENCH_KNOWLEDGE names no python")
    print("reading                 pages/s   peak MiB   characters")
    with tempfile.TemporaryDirectory() as folder:
        for kind, name, content, pages in corpus.documents():
            begin = time.perf_counter()
            reading = asyncio.create_task(extract(content, ExtractionOptions(name=name)))
            peak = await _peak_of_children(reading)
            outcome = await reading
            took = time.perf_counter() - begin
            chars = sum(len(page.text) for page in outcome.pages)
            _row(f"{kind}, ours in its child", pages / took, peak / 2**20, chars)
            path = Path(folder) / name
            path.write_bytes(content)
            for peer in peers.names() if python else ():
                read = await asyncio.to_thread(peers.read, python or Path(), peer, path)
                if read is None or not read.chars:
                    print(f"{kind}, {peer}: read nothing")
                    continue
                _row(f"{kind}, {peer}", pages / read.seconds, read.peak_kib / 1024, read.chars)


async def _peak_of_children(reading: asyncio.Task[Outcome]) -> int:
    """Bytes resident in the child at its heaviest, as far as a look each 10 ms can tell."""
    peak = 0
    while not reading.done():
        for child in psutil.Process().children():
            with contextlib.suppress(psutil.NoSuchProcess):
                peak = max(peak, child.memory_info().rss)
        await asyncio.sleep(0.01)
    return peak


def _row(name: str, pace: float, peak_mib: float, chars: int) -> None:
    print(f"{name:24}{pace:8.1f}{peak_mib:11.0f}{chars:13}")


async def _ocr() -> None:
    print("\nOCR                     both engines: errors, s      tesseract alone: errors, s")
    for scan in corpus.scans():
        content = corpus.content_of(scan)
        figures: list[str] = []
        for photos in (True, False):
            begin = time.perf_counter()
            options = ExtractionOptions(ocr=OcrOptions(photos=photos))
            outcome: Outcome = await extract(content, options)
            took = time.perf_counter() - begin
            figures.append(f"{errors(scan.text, outcome.text):8.2%}{took:7.1f}")
        print(f"{scan.name:24}{figures[0]:>28}{figures[1]:>32}")


def errors(expected: str, read: str) -> float:
    """The share of characters that must be changed: edit distance, white space aside."""
    first, second = "".join(expected.split()), "".join(read.split())
    row = list(range(len(second) + 1))
    for at, char in enumerate(first, 1):
        before, row[0] = row[0], at
        for to, other in enumerate(second, 1):
            before, row[to] = row[to], min(row[to] + 1, row[to - 1] + 1, before + (char != other))
    return row[-1] / len(first)


async def _vectors() -> None:
    print("\nvectors                 texts/s")
    with LocalEmbedder() as model:
        begin = time.perf_counter()
        await model.warm()
        print(f"loading the models: {time.perf_counter() - begin:.1f} s")
        for what, sentences in (("a line", 1), ("a passage", 12)):
            texts = corpus.texts(96, sentences)
            begin = time.perf_counter()
            await model.embed(texts)
            tokens = _mean([len(wordpiece().encode(text).ids) for text in texts])
            pace = len(texts) / (time.perf_counter() - begin)
            print(f"{what} ({tokens:.0f} tokens){pace:14.1f}")
    _, name, content, pages = next(corpus.documents())
    cleaned = [clean(page) for page in (await extract(content, ExtractionOptions(name=name))).pages]
    begin = time.perf_counter()
    chunks = list(Chunker(wordpiece()).chunks(cleaned))
    took = time.perf_counter() - begin
    print(f"cutting {pages} pages into {len(chunks)} chunks: {pages / took:.0f} pages/s")


def _mean(values: Sequence[int]) -> float:
    return sum(values) / len(values)


if __name__ == "__main__":
    asyncio.run(main())

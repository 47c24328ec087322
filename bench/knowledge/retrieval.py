"""How often the right passage comes first: ours, its vectors alone, and BM25 alone.

The passages are stored as files, read by the worker and searched over REST, so that what is
measured is what people get. The two peers rank the same texts in this process.
"""

from __future__ import annotations

import asyncio
import math
import re
import tempfile
import tomllib
from collections import Counter
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeAlias

from bench.door import Door, open_door
from bench.tree import running_tree
from vectal.documents.embedding.local import LocalEmbedder

SHOWN: Final = 10
READ_S: Final = 300.0
_SET: Final = Path(__file__).with_name("retrieval.toml")
_WORD: Final = re.compile(r"\w+")
_K1, _B = 1.5, 0.75

Ranker: TypeAlias = Callable[[str], Awaitable[Sequence[str]]]
"""A question to the names of passages, the best first."""


@dataclass(frozen=True)
class Question:
    kind: str
    text: str
    answer: str


@dataclass(frozen=True)
class Scores:
    """Shares of questions whose passage came first, or among five; mean reciprocal rank."""

    count: int
    first: float
    five: float
    mrr: float

    def __str__(self) -> str:
        return f"{self.first:6.2f}{self.five:8.2f}{self.mrr:8.2f}"


def load() -> tuple[dict[str, str], list[Question]]:
    """Passages by name, and the questions."""
    passages: dict[str, str] = {}
    questions: list[Question] = []
    for each in tomllib.loads(_SET.read_text())["passage"]:
        name = each["name"]
        passages[name] = each["text"]
        for kind in ("paraphrase", "exact"):
            questions += [Question(f"en, {kind}", text, name) for text in each.get(kind, ())]
        for language, text in each.get("foreign", {}).items():
            questions.append(Question(f"{language}, of English", text, name))
        for language, texts in each.get("own", {}).items():
            questions += [Question(f"{language}, of its own", text, name) for text in texts]
    return passages, questions


async def report() -> None:
    passages, questions = load()
    kinds = sorted({each.kind for each in questions})
    print(f"\nretrieval: {len(passages)} passages, {len(questions)} questions")
    print("recall@1, recall@5, MRR       ours                  vectors alone         BM25 alone")
    with LocalEmbedder() as model:
        dense = await _vectors_alone(model, passages)
        async with _ours(passages) as ours:
            rankers: list[Ranker] = [ours, dense, _bm25(passages)]
            all_found = [await _rank(questions, ranker) for ranker in rankers]
    for kind in [*kinds, "all"]:
        at = [n for n, each in enumerate(questions) if kind in (each.kind, "all")]
        row = "".join(f"{_score([found[n] for n in at])!s:>22}" for found in all_found)
        print(f"{kind:17}{len(at):4}{row}")


async def _rank(questions: Sequence[Question], ranker: Ranker) -> list[int | None]:
    """The place of each answer, from 1; None when it is not among those shown."""
    places: list[int | None] = []
    for each in questions:
        names = list(await ranker(each.text))[:SHOWN]
        places.append(names.index(each.answer) + 1 if each.answer in names else None)
    return places


def _score(places: Sequence[int | None]) -> Scores:
    found = [place for place in places if place is not None]
    count = len(places)
    return Scores(
        count,
        sum(place == 1 for place in found) / count,
        sum(place <= 5 for place in found) / count,  # noqa: PLR2004 - recall@5
        sum(1 / place for place in found) / count,
    )


async def _vectors_alone(model: LocalEmbedder, passages: dict[str, str]) -> Ranker:
    names = list(passages)
    vectors = await model.embed(list(passages.values()))

    async def rank(text: str) -> Sequence[str]:
        asked = await model.embed_query(text)
        near = [sum(a * b for a, b in zip(asked, each, strict=True)) for each in vectors]
        return [names[n] for n in sorted(range(len(names)), key=lambda n: -near[n])]

    return rank


def _bm25(passages: dict[str, str]) -> Ranker:
    """Okapi BM25 with its usual parameters, over words in small letters."""
    bags = {name: Counter(_WORD.findall(text.lower())) for name, text in passages.items()}
    mean = sum(bag.total() for bag in bags.values()) / len(bags)
    held = Counter(word for bag in bags.values() for word in bag)

    def weight(word: str) -> float:
        return math.log(1 + (len(bags) - held[word] + 0.5) / (held[word] + 0.5))

    def score(bag: Counter[str], words: Sequence[str]) -> float:
        size = _K1 * (1 - _B + _B * bag.total() / mean)
        return sum(weight(w) * bag[w] * (_K1 + 1) / (bag[w] + size) for w in words if bag[w])

    async def rank(text: str) -> Sequence[str]:
        words = _WORD.findall(text.lower())
        scores = {name: score(bag, words) for name, bag in bags.items()}
        return sorted((name for name in scores if scores[name] > 0), key=lambda n: -scores[n])

    return rank


@asynccontextmanager
async def _ours(passages: dict[str, str]) -> AsyncGenerator[Ranker]:
    """A tree of its own with the passages stored and read; gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="vectal-bench-") as folder:
        async with running_tree(Path(folder) / "data") as tree:
            door = await open_door(tree.url)

            async def rank(text: str) -> Sequence[str]:
                body = {"query": text, "limit": SHOWN}
                answer = await door.post("/api/v1/documents/search", body)
                return [each["name"].removesuffix(".txt") for each in answer["passages"]]

            async with aclosing(door.http):
                await store(door, passages)
                yield rank


async def store(door: Door, passages: dict[str, str]) -> None:
    """Upload every passage as a file, and wait until each one is indexed."""
    files: list[str] = []
    for name, text in passages.items():
        answer = await door.http.post(
            "/api/v1/files", params={"name": f"{name}.txt"}, content=text.encode()
        )
        answer.raise_for_status()
        files.append(answer.json()["id"])
    async with asyncio.timeout(READ_S):
        for file in files:
            await _until_indexed(door, file)


async def _until_indexed(door: Door, file_id: str) -> None:
    while True:
        answer = await door.http.get(f"/api/v1/documents/{file_id}")
        state = answer.json().get("state") if answer.is_success else "waiting"
        if state == "indexed":
            return
        if state in {"failed", "skipped", "cancelled"}:
            raise RuntimeError(f"a passage was not read: {answer.text}")
        await asyncio.sleep(0.2)


if __name__ == "__main__":
    asyncio.run(report())

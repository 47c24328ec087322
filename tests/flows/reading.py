"""What a person does with documents, over REST."""

import asyncio
from typing import Any

from tests.flows.visitor import Json, Visitor


async def store(visitor: Visitor, name: str, body: bytes) -> Json:
    answer = await visitor.http.post("/files", params={"name": name}, content=body)
    assert answer.status_code == 201, answer.text
    made: Json = answer.json()
    return made


async def find(visitor: Visitor, query: str, **more: Any) -> Json:
    found: Json = await visitor.post("/documents/search", {"query": query, **more}, 200)
    return found


async def until_over(visitor: Visitor, file_id: str) -> Json:
    """The document, once nothing more will happen to it by itself."""
    async with asyncio.timeout(200):
        while True:
            answer = await visitor.http.get(f"/documents/{file_id}")
            document: Json = answer.json()
            if answer.status_code == 200 and document["state"] not in {
                "queued", "extracting", "embedding",
            }:  # fmt: skip
                return document
            await asyncio.sleep(0.1)

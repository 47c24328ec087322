"""A provider's embedding model for documents: paid for, written down, and never against policy."""

import asyncio
import base64
import json
import zlib
from array import array
from pathlib import Path

import pytest
from tests.fixtures.servers import Servers, clone_database, drop_database
from tests.fixtures.tree import Tree
from tests.flows.reading import find, store, until_over
from tests.flows.server import serve, settings_of
from tests.flows.visitor import Json, Visitor
from tests.platform.http.peer import Peer, Seen, reply, running_peer

pytestmark = pytest.mark.timeout(400)

MODEL = "house-vectors"
SIZE = 16


async def _vectors(request: Seen, writer: asyncio.StreamWriter) -> None:
    """Texts with the same words are alike; numbers as base64, as OpenAI sends them."""
    asked = json.loads(request.body)
    rows: list[Json] = []
    for index, text in enumerate(asked["input"]):
        numbers = [0.01] * SIZE
        for word in text.lower().split():
            numbers[zlib.crc32(word.strip(".?").encode()) % SIZE] += 1.0
        packed = base64.b64encode(array("f", numbers).tobytes()).decode()
        rows.append({"object": "embedding", "index": index, "embedding": packed})
    usage = {"prompt_tokens": 5, "total_tokens": 5}
    body = {"object": "list", "data": rows, "model": MODEL, "usage": usage}
    await reply(json.dumps(body).encode())(request, writer)


@pytest.mark.slow
async def test_a_providers_model_reads_documents(
    servers: Servers, valkey: str, worker: str, tmp_path: Path
) -> None:
    name = f"embedder_flow_{worker}"
    database = await clone_database(servers, name)
    own = valkey.rpartition("/")[0] + "/11"
    told = {
        "VECTAL_EGRESS_ALLOW": "127.0.0.1",
        "VECTAL_EMBEDDING_MODEL": MODEL,
        "VECTAL_EMBEDDING_DIMENSIONS": str(SIZE),
    }
    settings = {**settings_of(database, own, tmp_path), **told}
    async with (
        running_peer() as peer,
        serve(database, own, tmp_path, pace_ms=0, **told) as (address, server),
        Visitor.set_up(address) as ada,
    ):
        peer.answers["/embeddings"] = _vectors
        processes = [await Tree.start(settings, command=each) for each in ("scheduler", "worker")]
        try:
            await _use(ada, peer, server)
        finally:
            for process in processes:
                process.kill()
                await process.wait()
    await drop_database(servers, name)


async def _use(ada: Visitor, peer: Peer, server: Tree) -> None:
    first = await store(ada, "First.txt", b"The hedgehog sleeps under leaves.")
    # Without a provider of it, the local model is there.
    assert (await until_over(ada, first["id"]))["model_id"] == "local-hybrid-v1"
    await ada.post(
        "/ai/providers",
        {
            "kind": "openai_compatible",
            "name": "House",
            "base_url": peer.url(""),
            "models": [{"name": MODEL, "embedding": True, "dimensions": SIZE}],
        },
    )
    second = await store(ada, "Second.txt", b"The bridge is painted each spring.")
    document = await until_over(ada, second["id"])
    assert document["model_id"] == f"{MODEL}@{SIZE}"
    assert not _has_loaded_the_model(server)
    found = await find(ada, "painted bridge")
    assert (found["passages"][0]["name"], found["notes"]) == ("Second.txt", [])
    # Both models were asked, each for what it has read; now the server has loaded its own.
    assert _has_loaded_the_model(server)
    asked = json.loads(peer.seen[-1].body)
    assert (asked["model"], asked["input"]) == (MODEL, ["painted bridge"])
    await _is_written_down(ada)
    await _obeys(ada, peer)


async def _is_written_down(ada: Visitor) -> None:
    async with asyncio.timeout(30):
        while True:  # ledgers are written every two seconds
            usage = await ada.get("/ai/usage", group="purpose")
            calls = {each["group"]: each["calls"] for each in usage["items"]}
            if calls.get("documents", 0) >= 2:
                break
            await asyncio.sleep(0.2)


async def _obeys(ada: Visitor, peer: Peer) -> None:
    """A model that the workspace forbids is asked nothing more: the local one reads and finds."""
    liked = await ada.get("/ai/preferences")
    liked["blocked_models"] = [MODEL]
    answer = await ada.http.put("/ai/preferences", json=liked)
    assert answer.status_code == 200, answer.text
    await asyncio.sleep(1.5)  # what a process knows of a workspace may be a second old
    asked = len(peer.seen)
    third = await store(ada, "Third.txt", b"Seven valleys and a plan.")
    assert (await until_over(ada, third["id"]))["model_id"] == "local-hybrid-v1"
    found = await find(ada, "seven valleys")
    assert found["passages"][0]["name"] == "Third.txt"
    assert len(peer.seen) == asked


def _has_loaded_the_model(server: Tree) -> bool:
    maps = Path(f"/proc/{server.pid}/maps").read_text()
    return "onnxruntime" in maps

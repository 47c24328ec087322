"""Ours: a `vectal serve` of its own beside a tree that holds the database and the workers."""

from __future__ import annotations

import os
from collections.abc import AsyncGenerator
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bench.door import Door, open_door
from bench.gateway.compiled import MODEL, Target
from bench.gateway.subjects import Launch
from bench.tree import VECTAL, Tree, free_port, running_tree

_PROVIDERS: Final = "/api/v1/ai/providers"
_MUCH: Final = 1_000_000_000
"""No limit or budget is reached, and each is counted all the same."""


@dataclass(frozen=True)
class Product:
    """`owner` is the account that the key belongs to, at the tree's own server."""

    tree: Tree
    key: str
    owner: Door
    name: str = "vectal"

    def launch(self, folder: Path, upstream_port: int) -> Launch:
        del folder, upstream_port  # its provider is stored
        running, target = self.tree.running(), Target(free_port(), self.key)
        environment = {
            "VECTAL_DATA_DIR": str(self.tree.folder),
            "VECTAL_HOST": "127.0.0.1",
            "VECTAL_PORT": str(target.port),
            "VECTAL_DATABASE_URL": running["database_url"],
            "VECTAL_DATABASE_OWNER_URL": running["database_owner_url"],
            "VECTAL_REDIS_URL": running["redis_url"],
            "VECTAL_LOG_LEVEL": "warning",
            "VECTAL_MODEL_REQUESTS_PER_MINUTE": str(_MUCH),
            "VECTAL_MODEL_TOKENS_PER_MINUTE": str(_MUCH),
        }
        return Launch((str(VECTAL), "serve"), target, environment, self.tree.pid)


@asynccontextmanager
async def open_product(folder: Path, upstream_port: int) -> AsyncGenerator[Product]:
    """A tree with an account, a provider at the upstream, budgets, and a key that may use it."""
    os.environ["VECTAL_EGRESS_ALLOW"] = "127.0.0.1"
    async with running_tree(folder) as tree:
        door = await open_door(tree.url)
        async with aclosing(door.http):
            key = await _prepare(door, f"http://127.0.0.1:{upstream_port}/v1")
            yield Product(tree, key, door)


async def _prepare(door: Door, base_url: str) -> str:
    provider = await door.post(
        _PROVIDERS, {"kind": "openai_compatible", "name": "Mock", "base_url": base_url}
    )
    # The test stores the models that the provider lists.
    tested = await door.post(f"{_PROVIDERS}/{provider['id']}/test", {})
    if MODEL not in [model["name"] for model in tested["models"]]:
        raise RuntimeError(f"the provider does not list {MODEL}: {tested}")
    for unit in ("tokens", "requests"):
        await door.post(
            "/api/v1/ai/budgets", {"name": f"All {unit}", "unit": unit, "cap": str(_MUCH)}
        )
    made = await door.post("/api/v1/api-keys", {"name": "Bench", "scopes": ["ai:use"]})
    return str(made["key"])

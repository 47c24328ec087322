"""`vectal vectors migrate`, as an operator runs it beside a server."""

from __future__ import annotations

import json

import pytest
from tests.documents.shelf import Shelf
from tests.documents.stores.chroma_emulator import ChromaEmulator
from tests.fixtures.command_line import Vectal

from vectal.platform.db import Database
from vectal.platform.http import EgressReader
from vectal.platform.http.sums import EgressFilter

pytestmark = pytest.mark.timeout(240)


async def test_it_moves_a_workspace_and_its_status_is_the_verdict(
    vectal: Vectal, shelf: Shelf, db: Database
) -> None:
    await shelf.add("Hedgehog.txt", b"The hedgehog sleeps under leaves in winter.")
    workspace = str(shelf.me.workspace_id)
    store = ChromaEmulator()
    await store.start()
    words = ("vectors", "migrate", "--from", "pgvector:", "--to", store.url)
    try:
        status, out, err = await vectal(*words, "--workspace", workspace, "--json")
        assert (status, err.count("1 documents: 1 vectors copied")) == (0, 1), err
        told = json.loads(out)
        assert (told["is_good"], told["copied"]) == (True, 1)
        (verdict,) = told["verdicts"]
        assert (verdict["workspace_id"], verdict["found"]) == (workspace, 1)
        status, out, _ = await vectal(*words, "--workspace", workspace)
        assert (status, "1 there already" in out) == (0, True)
        assert f"good: workspace {workspace}" in out
        # What is of a model that is not here can't be made anew from an empty store.
        status, out, _ = await vectal(
            "vectors", "migrate", "--from", "memory:", "--to", "memory:", "--workspace", workspace
        )
        assert (status, "BAD: workspace" in out) == (1, True)
    finally:
        await store.stop()
    status, _, err = await vectal(*words, "--workspace", workspace)
    assert (status, "does not answer" in err) == (1, True)
    entries = await EgressReader(db).list_entries(
        shelf.me, EgressFilter(purpose="vector store"), cursor=None, limit=100
    )
    assert len(entries.items) >= len(store.seen)


async def test_an_address_that_is_none_is_said_to_be(vectal: Vectal) -> None:
    status, _, err = await vectal("vectors", "migrate", "--from", "pgvector:", "--to", "nothing")
    assert (status, "the vector stores are" in err) == (19, True)

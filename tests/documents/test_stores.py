"""Stores behind a socket: what happens when they are away, slow, wrong, or ask for a key."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import cast
from uuid import uuid4

import pytest
from tests.documents.conftest import MakeShelf
from tests.documents.shelf import Shelf
from tests.documents.stores import opened as stores
from tests.documents.stores.emulator import StoreEmulator
from tests.documents.stores.opened import Store
from tests.documents.stores.pinecone_emulator import PineconeEmulator
from tests.fixtures.accounts import MakeUser

from vectal.documents.errors import VectorsUnavailableError
from vectal.documents.index import VectorEntry, VectorSpace
from vectal.documents.index.memory import MemoryIndex
from vectal.documents.index.opening import StoreAddress, make_remote, open_index
from vectal.documents.index.pgvector import PgvectorIndex
from vectal.platform.db import Database
from vectal.platform.http import EgressGuard, EgressLedger, HttpClient
from vectal.platform.resilience import DeadlineExceededError, within

SPACE = VectorSpace("testing-1", 4)
EMULATORS = list(stores.EMULATORS)
NONSENSE: list[object] = [17, [], {}, {"ids": 3}, {"data": []}, {"matches": [{}]}]


def entry(*values: float) -> VectorEntry:
    return VectorEntry(uuid4(), uuid4(), uuid4(), None, values or (1.0, 0.0, 0.0, 0.0))


@pytest.fixture
async def store(
    request: pytest.FixtureRequest, db: Database, tmp_path: Path
) -> AsyncGenerator[Store]:
    async with stores.open_store(request.param, db, tmp_path) as opened:
        yield opened


@pytest.fixture
async def shelf(store: Store, make_user: MakeUser, make_shelf: MakeShelf) -> Shelf:
    return make_shelf(await make_user(), index=store.index)


def emulator(store: Store) -> StoreEmulator:
    assert store.emulator is not None
    return store.emulator


@pytest.mark.parametrize("store", stores.REMOTE, indirect=True)
async def test_it_is_away_and_has_everything_when_it_is_back(store: Store, shelf: Shelf) -> None:
    kept = entry()
    await store.index.upsert(shelf.me, SPACE, [kept])
    await store.stop()
    for work in (
        lambda: store.index.query(shelf.me, SPACE, kept.vector, limit=1),
        lambda: store.index.upsert(shelf.me, SPACE, [entry()]),
        lambda: store.index.delete_files(shelf.me, [kept.file_id]),
        lambda: store.index.revise(shelf.me, kept.file_id, owner_id=None, is_hidden=True),
    ):
        with pytest.raises(VectorsUnavailableError):
            await work()
    await store.start()
    (hit,) = await store.index.query(shelf.me, SPACE, kept.vector, limit=10)
    assert hit.chunk_id == kept.chunk_id


@pytest.mark.parametrize("store", stores.REMOTE, indirect=True)
async def test_documents_live_in_it_from_end_to_end(store: Store, shelf: Shelf) -> None:
    file = await shelf.add("Hedgehog.txt", b"The hedgehog sleeps under leaves in winter.")
    await shelf.add("Bridge.txt", b"The bridge over the river is painted each spring.")
    found = await shelf.search("hedgehog leaves winter")
    assert (found.passages[0].name, found.notes) == ("Hedgehog.txt", ())
    assert found.passages[0].score > 0.5
    document = await shelf.documents.get_document(shelf.me, file.id)
    space = VectorSpace(shelf.embedder.model_id, shelf.embedder.dimensions)
    page = await store.index.scan(shelf.me.workspace_id, space)
    assert document.id in {place.document_id for place in page.places}
    await shelf.documents.status.reindex(shelf.me, file.id)
    again = await shelf.read(file)
    assert again.id != document.id
    page = await store.index.scan(shelf.me.workspace_id, space)
    assert document.id not in {place.document_id for place in page.places}
    await shelf.documents.settling.forget(shelf.me, file.id)
    page = await store.index.scan(shelf.me.workspace_id, space)
    assert again.id not in {place.document_id for place in page.places}


@pytest.mark.parametrize("store", stores.REMOTE, indirect=True)
async def test_without_it_words_are_searched_and_the_answer_says_so(
    store: Store, shelf: Shelf
) -> None:
    await shelf.add("Hedgehog.txt", b"The hedgehog sleeps under leaves in winter.")
    await store.stop()
    found = await shelf.search("hedgehog")
    assert [each.name for each in found.passages] == ["Hedgehog.txt"]
    assert found.notes == ("words_only",)


@pytest.mark.parametrize("store", EMULATORS, indirect=True)
async def test_each_call_is_in_the_egress_ledger(store: Store, shelf: Shelf) -> None:
    sent = [entry() for _ in range(20)]
    await store.index.upsert(shelf.me, SPACE, sent)
    told = store.ledger.entries
    assert len(told) == len(emulator(store).seen)
    assert {each.caller.workspace_id for each in told} == {shelf.me.workspace_id}
    assert {each.caller.user_id for each in told} == {shelf.me.user_id}
    assert {each.caller.purpose for each in told} == {"vector store"}
    place = f"127.0.0.1:{emulator(store).port}"
    assert {(each.host, each.policy) for each in told} == {(place, "opened by operator")}
    assert sum(each.bytes_out for each in told) > 20 * 4 * 3


@pytest.mark.parametrize("store", EMULATORS, indirect=True)
@pytest.mark.parametrize("status", [401, 403, 400, 500])
async def test_a_store_that_refuses_is_said_to_be_away(
    store: Store, shelf: Shelf, status: int
) -> None:
    emulator(store).broken = status
    with pytest.raises(VectorsUnavailableError):
        await store.index.upsert(shelf.me, SPACE, [entry()])
    assert len(emulator(store).seen) == 1  # it will not do it for the asking twice


@pytest.mark.parametrize("store", EMULATORS, indirect=True)
async def test_what_may_pass_is_tried_three_times_and_not_for_ever(
    store: Store, shelf: Shelf
) -> None:
    emulator(store).broken = 503
    with pytest.raises(VectorsUnavailableError):
        await store.index.upsert(shelf.me, SPACE, [entry()])
    assert len(emulator(store).seen) == 3
    for _ in range(10):
        with pytest.raises(VectorsUnavailableError):
            await store.index.upsert(shelf.me, SPACE, [entry()])
    assert len(emulator(store).seen) < 3 + 10 * 3  # the budget of retries is spent
    emulator(store).broken = None
    await store.index.upsert(shelf.me, SPACE, [entry()])


@pytest.mark.parametrize("store", EMULATORS, indirect=True)
async def test_nobody_waits_longer_than_his_deadline(store: Store, shelf: Shelf) -> None:
    await store.index.upsert(shelf.me, SPACE, [entry()])
    emulator(store).is_hanging = True
    with pytest.raises((VectorsUnavailableError, DeadlineExceededError)):
        async with within(0.2):
            await store.index.query(shelf.me, SPACE, entry().vector, limit=1)


@pytest.mark.parametrize("store", EMULATORS, indirect=True)
@pytest.mark.parametrize("nonsense", NONSENSE)
async def test_nonsense_is_no_answer(store: Store, shelf: Shelf, nonsense: object) -> None:
    kept = entry()
    await store.index.upsert(shelf.me, SPACE, [kept])
    emulator(store).nonsense = nonsense
    try:
        hits = await store.index.query(shelf.me, SPACE, kept.vector, limit=1)
    except VectorsUnavailableError:
        return
    assert hits == []


@pytest.mark.parametrize("store", ["weaviate emulator", "pinecone emulator"], indirect=True)
async def test_a_wrong_key_opens_nothing(store: Store, shelf: Shelf) -> None:
    kind, port = store.name.split()[0], emulator(store).port
    address = StoreAddress.parse(f"{kind}+http://:wrong@127.0.0.1:{port}")
    ledger = cast("EgressLedger", stores.KeptEntries())
    client = HttpClient(ledger, EgressGuard.parse(["127.0.0.1"]), tls=stores.PLAIN)
    try:
        with pytest.raises(VectorsUnavailableError, match="401"):
            await make_remote(address, client).upsert(shelf.me, SPACE, [entry()])
    finally:
        await client.close()


@pytest.mark.parametrize("store", ["pinecone emulator"], indirect=True)
async def test_an_index_that_is_still_being_made_is_waited_for_by_the_job(
    store: Store, shelf: Shelf
) -> None:
    cast("PineconeEmulator", emulator(store)).unready = 2
    with pytest.raises(VectorsUnavailableError, match="still making"):
        await store.index.upsert(shelf.me, SPACE, [entry()])
    await store.index.upsert(shelf.me, SPACE, [entry()])


@pytest.mark.parametrize("store", ["chroma emulator"], indirect=True)
async def test_a_database_that_somebody_has_dropped_is_made_again(
    store: Store, shelf: Shelf
) -> None:
    await store.index.upsert(shelf.me, SPACE, [entry()])
    cast("stores.ChromaEmulator", emulator(store)).databases.clear()
    assert await store.index.query(shelf.me, SPACE, entry().vector, limit=1) == []
    kept = entry()
    await store.index.upsert(shelf.me, SPACE, [kept])
    (hit,) = await store.index.query(shelf.me, SPACE, kept.vector, limit=1)
    assert hit.chunk_id == kept.chunk_id


@pytest.mark.parametrize(
    ("url", "base_url", "key"),
    [
        ("chroma+http://chroma:8000", "http://chroma:8000", ""),
        ("chroma+https://:a%2Fb@[::1]:8000/base/?tenant=t", "https://[::1]:8000/base", "a/b"),
        ("weaviate+https://:secret@w.example", "https://w.example", "secret"),
        ("pinecone+https://:pc1@api.pinecone.io?region=r", "https://api.pinecone.io", "pc1"),
    ],
)
def test_an_address_is_taken_apart(url: str, base_url: str, key: str) -> None:
    address = StoreAddress.parse(url)
    assert (address.base_url, address.key) == (base_url, key)
    assert key == "" or key not in repr(address)


@pytest.mark.parametrize(
    "url",
    [
        "qdrant+http://secret@host",
        "chroma:secret",
        "chroma+ftp://:secret@host",
        "weaviate+http://",
        "weaviate+http://host?tenant=secret",
        "pgvector://secret",
        "chroma+http://host:secret",
        "chroma+http://[secret",
        "",
    ],
)
def test_what_is_no_address_is_refused_without_a_secret(url: str) -> None:
    with pytest.raises(ValueError, match=r".") as raised:
        StoreAddress.parse(url)
    assert "secret" not in str(raised.value)


async def test_an_address_opens_its_store(db: Database) -> None:
    ledger = EgressLedger(db)
    async with AsyncExitStack() as stack:
        assert isinstance(open_index(stack, None, db, ledger), PgvectorIndex)
        assert isinstance(open_index(stack, "pgvector:", db, ledger), PgvectorIndex)
        assert isinstance(open_index(stack, "memory:", db, ledger), MemoryIndex)
        for url in ("chroma+http://c:1", "weaviate+http://w:2", "pinecone+https://p"):
            assert type(open_index(stack, url, db, ledger)).__module__.endswith(url.split("+")[0])

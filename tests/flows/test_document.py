"""A file is dropped, read by a worker, found by a question in other words, and gone when purged."""

from pathlib import Path

import pytest
from tests.fixtures.documents import docx, pdf
from tests.fixtures.servers import Servers, clone_database, drop_database
from tests.fixtures.tree import Tree
from tests.flows.reading import find, store, until_over
from tests.flows.server import serve, settings_of
from tests.flows.visitor import Json, Visitor

pytestmark = pytest.mark.timeout(400)

LEASE = [
    ["Tenancy agreement"],
    ["The tenant may end the agreement by giving three months written warning."],
    ["Dogs and cats are welcome if the neighbours agree."],
]


async def test_from_the_file_to_the_passage(
    servers: Servers, valkey: str, worker: str, tmp_path: Path
) -> None:
    name = f"document_flow_{worker}"
    database = await clone_database(servers, name)
    # An index that no other test has: workers of two installations must not share hints.
    own = valkey.rpartition("/")[0] + "/14"
    settings = settings_of(database, own, tmp_path)
    async with (
        serve(database, own, tmp_path) as (address, _),
        Visitor.set_up(address) as ada,
    ):
        processes = [await Tree.start(settings, command=each) for each in ("scheduler", "worker")]
        try:
            await _read_and_find(ada)
        finally:
            for process in processes:
                process.kill()
                await process.wait()
    await drop_database(servers, name)


async def _read_and_find(ada: Visitor) -> None:
    async with ada.open_tab() as tab:
        await tab.listen("user")
        lease = await store(ada, "Lease.pdf", pdf(LEASE))
        told = await tab.hear("update", "document.changed")
        assert told["data"]["file_id"] == lease["id"]
    report = await store(ada, "Report.docx", docx())
    for file in (lease, report):
        assert (await until_over(ada, file["id"]))["state"] == "indexed"
    # No word of it but the small ones is in the text.
    found = await find(ada, "How long before moving out do I have to tell the landlord?")
    best = found["passages"][0]
    assert (best["name"], found["notes"]) == ("Lease.pdf", [])
    assert [place["page"] for place in best["places"]] == [1, 2, 3]
    page = await ada.get(f"/documents/{lease['id']}/pages/2")
    assert "three months" in page["text"]
    assert page["spans"]
    # German, of an English text.
    found = await find(ada, "Wie stark ist der Umsatz gestiegen?")
    assert found["passages"][0]["name"] == "Report.docx"
    found = await find(ada, "pets", file_ids=[report["id"]])
    assert {each["name"] for each in found["passages"]} <= {"Report.docx"}
    await _forget(ada, lease)


async def _forget(ada: Visitor, file: Json) -> None:
    assert (await ada.http.delete(f"/files/{file['id']}")).status_code == 204
    names = [each["name"] for each in (await find(ada, "tenancy"))["passages"]]
    assert file["name"] not in names
    await ada.post(f"/files/{file['id']}/purge", {}, 204)
    assert (await ada.http.get(f"/documents/{file['id']}")).status_code == 404

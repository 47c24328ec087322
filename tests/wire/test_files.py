"""OpenAI's `/v1/files`, by its own client and by hands that mean no good."""

import asyncio
from pathlib import Path
from typing import Any

import openai
import pytest
from tests.wire.conftest import FILE_BYTES, Gateway, make_member_key

LINE = b'{"custom_id": "a"}\n'


async def _upload(client: openai.AsyncOpenAI, body: bytes = LINE, **more: Any) -> Any:
    return await client.files.create(file=("lines.jsonl", body), purpose="batch", **more)


def _form(*parts: tuple[str, bytes], boundary: str = "b0") -> bytes:
    written = b"".join(
        f"--{boundary}\r\nContent-Disposition: {head}\r\n\r\n".encode() + body + b"\r\n"
        for head, body in parts
    )
    return written + f"--{boundary}--\r\n".encode()


PURPOSE = ('form-data; name="purpose"', b"batch")
FILE = ('form-data; name="file"; filename="x.jsonl"', LINE)


async def test_a_file_comes_and_goes(client: openai.AsyncOpenAI) -> None:
    file = await _upload(client)
    assert (file.object, file.purpose, file.filename) == ("file", "batch", "lines.jsonl")
    assert (file.bytes, file.status) == (len(LINE), "processed")
    assert file.id.startswith("file-")
    assert await client.files.retrieve(file.id) == file
    assert (await client.files.content(file.id)).content == LINE
    gone = await client.files.delete(file.id)
    assert (gone.id, gone.deleted) == (file.id, True)
    for again in (client.files.retrieve, client.files.content, client.files.delete):
        with pytest.raises(openai.NotFoundError):
            await again(file.id)


async def test_a_large_file_comes_back_whole(client: openai.AsyncOpenAI) -> None:
    body = b"".join(b'{"n": %d}\n' % number for number in range(500_000))
    assert len(body) > 3 * (2 << 20)
    file = await _upload(client, body)
    assert (await client.files.content(file.id)).content == body
    await client.files.delete(file.id)


@pytest.mark.parametrize("body", [b"", b"\r\n--", b"\r\n\r\n", bytes(range(256)) * 9])
async def test_any_bytes_come_back(client: openai.AsyncOpenAI, body: bytes) -> None:
    file = await _upload(client, body)
    assert (await client.files.content(file.id)).content == body


async def test_a_file_may_be_so_large_and_no_larger(client: openai.AsyncOpenAI) -> None:
    before = {file.id async for file in client.files.list()}
    file = await _upload(client, b"x" * FILE_BYTES)
    assert file.bytes == FILE_BYTES
    await client.files.delete(file.id)
    for excess in (1, 1 << 20):
        with pytest.raises(openai.APIStatusError) as caught:
            await _upload(client, b"x" * (FILE_BYTES + excess))
        assert (caught.value.status_code, caught.value.code) == (413, "file_too_large")
    assert {file.id async for file in client.files.list()} == before


async def test_who_still_writes_reads_why_it_is_refused(gateway: Gateway) -> None:
    host, _, port = gateway.address.removeprefix("http://").partition(":")
    body = _form(PURPOSE, (FILE[0], b"x" * (FILE_BYTES + 1)), (FILE[0], b"y" * 200_000))
    head = (
        f"POST /v1/files HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {gateway.key}\r\n"
        f"Content-Type: multipart/form-data; boundary=b0\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(head.encode() + body[: FILE_BYTES + 1_000])
    await writer.drain()
    for start in range(FILE_BYTES + 1_000, len(body), 20_000):
        await asyncio.sleep(0.02)  # it is known by now that this is too much
        writer.write(body[start : start + 20_000])
        await writer.drain()
    async with asyncio.timeout(30):
        answer = await reader.read()
    writer.close()
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b"file_too_large" in answer


async def test_names_are_names_and_no_paths(client: openai.AsyncOpenAI) -> None:
    file = await client.files.create(file=("../../etc/päss.jsonl", LINE), purpose="batch")
    assert file.filename == "päss.jsonl"


async def test_files_lie_sealed(client: openai.AsyncOpenAI, gateway: Gateway) -> None:
    secret = b"a sentence that nobody else may read"
    await _upload(client, secret)
    folder = Path(gateway.settings["VECTAL_DATA_DIR"]) / "objects"
    stored = [path.read_bytes() for path in folder.rglob("*") if path.is_file()]
    assert stored
    assert not any(secret in each for each in stored)


async def test_lists_are_paged_both_ways(gateway: Gateway) -> None:
    client = gateway.openai(await make_member_key(gateway, "member"))
    ids = [(await _upload(client)).id for _ in range(5)]
    newest = await client.files.list(limit=2, purpose="batch")
    assert [file.id for file in newest.data] == ids[:-3:-1]
    assert newest.has_more
    found = [file.id async for file in client.files.list(limit=2, purpose="batch")]
    assert found[:5] == ids[::-1]
    oldest = [file.id async for file in client.files.list(limit=2, order="asc", after=ids[0])]
    assert oldest[-4:] == ids[1:]
    assert [file async for file in client.files.list(purpose="batch_output", after=ids[0])] == []


async def test_a_file_may_end_sooner(client: openai.AsyncOpenAI) -> None:
    file = await _upload(client, expires_after={"anchor": "created_at", "seconds": 3600})
    assert file.expires_at is not None
    assert file.expires_at - file.created_at == 3600


@pytest.mark.parametrize(("seconds", "status"), [(b"3600", 200), (b"60", 400)])
async def test_what_stands_behind_a_file_holds_for_it(
    gateway: Gateway, seconds: bytes, status: int
) -> None:
    form = _form(
        FILE,
        PURPOSE,
        ('form-data; name="expires_after[anchor]"', b"created_at"),
        ('form-data; name="expires_after[seconds]"', seconds),
    )
    headers = {"content-type": "multipart/form-data; boundary=b0"}
    async with gateway.http() as http:
        answer = await http.post("/files", content=form, headers=headers)
        assert answer.status_code == status, answer.text
        if status == 200:
            found = (await http.get(f"/files/{answer.json()['id']}")).json()
            assert found["expires_at"] - found["created_at"] == 3600
            assert found == answer.json()


async def test_only_batches_are_taken(client: openai.AsyncOpenAI) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        await client.files.create(file=("a", LINE), purpose="assistants")
    assert "purpose" in caught.value.message


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/json", b"{}"),
        ("multipart/form-data", _form(PURPOSE, FILE)),
        ("multipart/form-data; boundary=b0", b""),
        ("multipart/form-data; boundary=b0", b"--b0--\r\n"),
        ("multipart/form-data; boundary=b0", _form(PURPOSE)),
        ("multipart/form-data; boundary=b0", _form(FILE)),
        ("multipart/form-data; boundary=b0", _form(PURPOSE, FILE, FILE)),
        ("multipart/form-data; boundary=b0", _form(PURPOSE, FILE)[:-8]),
        (
            "multipart/form-data; boundary=b0",
            _form(PURPOSE, FILE).replace(b"--b0\r\n", b"--b0x\r\n"),
        ),
        ("multipart/form-data; boundary=b0", _form(("attachment", b"x"), FILE)),
        ("multipart/form-data; boundary=b0", _form(('form-data; name="purpose"', b"b" * 5_000))),
        ("multipart/form-data; boundary=b0", _form(('form-data; name="purpose"', b"\xff"), FILE)),
        ("multipart/form-data; boundary=b0", _form(*([PURPOSE] * 30), FILE)),
        ("multipart/form-data; boundary=b0", b"x" * 20_000),
        ("multipart/form-data; boundary=b0", b"--b0\r\n" + b"X: " + b"y" * 20_000),
    ],
)
async def test_what_is_no_form_is_refused(gateway: Gateway, kind: str, body: bytes) -> None:
    async with gateway.http() as http:
        answer = await http.post("/files", content=body, headers={"Content-Type": kind})
    assert answer.status_code == 400, answer.text
    assert answer.json()["error"]["type"] == "invalid_request_error"


@pytest.mark.parametrize("parts", [(PURPOSE, FILE), (FILE, PURPOSE)], ids=["first", "last"])
async def test_the_order_of_the_parts_is_free(gateway: Gateway, parts: Any) -> None:
    headers = {"Content-Type": 'multipart/form-data; boundary="b0"'}
    async with gateway.http() as http:
        answer = await http.post("/files", content=_form(*parts), headers=headers)
        assert answer.status_code == 200, answer.text
        content = await http.get(f"/files/{answer.json()['id']}/content")
    assert content.content == LINE


async def test_nothing_is_kept_of_what_was_refused(gateway: Gateway) -> None:
    made = await gateway.ada.post("/api-keys", {"name": "refused", "scopes": ["ai:use"]})
    client = gateway.openai(str(made["key"]))
    before = [file.id async for file in client.files.list()]
    with pytest.raises(openai.BadRequestError):
        await client.files.create(file=("a", LINE), purpose="vision")
    assert [file.id async for file in client.files.list()] == before


@pytest.mark.parametrize("id_", ["file-", "file-x", "batch_" + "0" * 32, "file-" + "0" * 32, "x.y"])
async def test_ids_that_are_none(gateway: Gateway, id_: str) -> None:
    async with gateway.http() as http:
        for path in (f"/files/{id_}", f"/files/{id_}/content"):
            answer = await http.get(path)
            assert answer.status_code == 404
            assert "error" in answer.json()


async def test_who_may_not(gateway: Gateway, client: openai.AsyncOpenAI) -> None:
    file = await _upload(client)
    with pytest.raises(openai.AuthenticationError):
        await gateway.openai("vct_nobody").files.retrieve(file.id)
    made = await gateway.ada.post("/api-keys", {"name": "tasks", "scopes": ["tasks:read"]})
    with pytest.raises(openai.PermissionDeniedError):
        await gateway.openai(str(made["key"])).files.retrieve(file.id)


async def test_another_member_sees_nothing(gateway: Gateway, client: openai.AsyncOpenAI) -> None:
    file = await _upload(client)
    stranger = gateway.openai(await make_member_key(gateway, "admin"))
    for ask in (stranger.files.retrieve, stranger.files.content, stranger.files.delete):
        with pytest.raises(openai.NotFoundError):
            await ask(file.id)
    assert [each async for each in stranger.files.list()] == []
    assert (await client.files.retrieve(file.id)).id == file.id

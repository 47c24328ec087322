"""Files over REST, as a client meets them: sent, listed, read, changed, deleted."""

import base64
import hashlib
import os
from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest
from tests.files.conftest import API, MIB

TUS = {"Tus-Resumable": "1.0.0"}
BYTES = {**TUS, "Content-Type": "application/offset+octet-stream"}


async def send(
    api: httpx2.AsyncClient, name: str = "Plan.txt", body: bytes = b"the plan", **query: str
) -> Any:
    answer = await api.post(f"{API}/files", params={"name": name, **query}, content=body)
    assert answer.status_code == 201, answer.text
    return answer.json()


def metadata(**fields: str) -> str:
    return ",".join(f"{k} {base64.b64encode(v.encode()).decode()}" for k, v in fields.items())


async def announce(api: httpx2.AsyncClient, length: int, **fields: str) -> str:
    said = metadata(**{"filename": "film.bin", **fields})
    headers = {**TUS, "Upload-Length": str(length), "Upload-Metadata": said}
    answer = await api.post(f"{API}/uploads", headers=headers)
    assert answer.status_code == 201, answer.text
    assert answer.headers["tus-resumable"] == "1.0.0"
    return str(answer.headers["location"])


async def test_a_file_is_sent_listed_read_and_deleted(api: httpx2.AsyncClient) -> None:
    file = await send(api)
    assert (file["name"], file["size"], file["media_type"]) == ("Plan.txt", 8, "text/plain")
    assert (file["visibility"], file["scan"], file["number"]) == ("private", "unscanned", 1)
    listed = (await api.get(f"{API}/files")).json()
    assert listed["items"] == [file]
    path = f"{API}/files/{file['id']}"
    assert (await api.get(path)).json() == file
    content = await api.get(f"{path}/content")
    assert content.content == b"the plan"
    assert content.headers["content-length"] == "8"
    assert content.headers["content-type"] == "application/octet-stream"
    assert content.headers["content-disposition"].startswith("attachment;")
    assert content.headers["x-content-type-options"] == "nosniff"
    assert content.headers["content-security-policy"].startswith("sandbox;")
    assert (await api.delete(path)).status_code == 204
    assert (await api.get(f"{API}/files")).json()["items"] == []
    trashed = (await api.get(f"{API}/files", params={"trashed": "true"})).json()["items"]
    assert [each["id"] for each in trashed] == [file["id"]]
    restored = await api.post(f"{path}/restore")
    assert restored.json()["trashed_at"] is None
    assert (await api.delete(path)).status_code == 204
    assert (await api.post(f"{path}/purge")).status_code == 204
    assert (await api.get(path)).status_code == 404
    usage = (await api.get(f"{API}/files/usage")).json()
    assert usage["person"] == {"used": 0, "reserved": 0, "limit": None}


async def test_an_upload_is_resumed_where_it_stands(api: httpx2.AsyncClient) -> None:
    body = os.urandom(5 * MIB + 17)
    path = await announce(api, len(body))
    first = await api.patch(path, headers={**BYTES, "Upload-Offset": "0"}, content=body[: 3 * MIB])
    assert first.status_code == 204
    assert first.headers["upload-offset"] == str(3 * MIB)
    head = await api.head(path, headers=TUS)
    assert head.headers["upload-offset"] == str(3 * MIB)
    assert head.headers["upload-length"] == str(len(body))
    wrong = await api.patch(path, headers={**BYTES, "Upload-Offset": "5"}, content=b"x")
    assert (wrong.status_code, wrong.json()["code"]) == (409, "files.offset_conflict")
    last = await api.patch(
        path, headers={**BYTES, "Upload-Offset": str(3 * MIB)}, content=body[3 * MIB :]
    )
    assert last.status_code == 204
    file_id = last.headers["vectal-file-id"]
    assert (await api.get(path)).json()["state"] == "done"
    content = await api.get(f"{API}/files/{file_id}/content")
    assert hashlib.sha256(content.content).digest() == hashlib.sha256(body).digest()
    usage = (await api.get(f"{API}/files/usage")).json()
    assert usage["workspace"] == {"used": len(body), "reserved": 0, "limit": None}
    assert (await api.delete(path, headers=TUS)).status_code == 204
    assert (await api.get(f"{API}/files/{file_id}")).status_code == 200


async def test_what_the_protocol_does_not_allow_is_refused(api: httpx2.AsyncClient) -> None:
    described = await api.options(f"{API}/uploads")
    assert described.headers["tus-version"] == "1.0.0"
    assert "checksum" in described.headers["tus-extension"]
    head = {"Upload-Length": "3", "Upload-Metadata": metadata(filename="a")}
    old = await api.post(f"{API}/uploads", headers={**head, "Tus-Resumable": "0.2.2"})
    assert (old.status_code, old.headers["tus-version"]) == (412, "1.0.0")
    assert (await api.post(f"{API}/uploads", headers=head)).status_code == 412
    for length in ("-1", "x", "1e3", "9" * 18):
        bad = await api.post(f"{API}/uploads", headers={**TUS, **head, "Upload-Length": length})
        assert bad.status_code == 400
    large = await api.post(f"{API}/uploads", headers={**TUS, **head, "Upload-Length": "9" * 14})
    assert large.status_code == 413
    for said in ("filename !", "visibility cHVibGlj", f"{metadata(a='b')},{metadata(a='c')}"):
        bad = await api.post(f"{API}/uploads", headers={**TUS, **head, "Upload-Metadata": said})
        assert bad.status_code == 400, said
    path = await announce(api, 3)
    kind = await api.patch(path, headers={**TUS, "Upload-Offset": "0"}, content=b"abc")
    assert kind.status_code == 415
    longer = await api.patch(path, headers={**BYTES, "Upload-Offset": "0"}, content=b"abcd")
    assert (longer.status_code, longer.json()["code"]) == (400, "files.wrong_length")
    assert (await api.head(path, headers=TUS)).headers["upload-offset"] == "0"
    assert (await api.delete(path, headers=TUS)).status_code == 204
    assert (await api.head(path, headers=TUS)).status_code == 404


async def test_a_checksum_keeps_all_or_nothing(api: httpx2.AsyncClient) -> None:
    path = await announce(api, 6)
    wrong = f"sha256 {base64.b64encode(b'x' * 32).decode()}"
    headers = {**BYTES, "Upload-Offset": "0"}
    refused = await api.patch(path, headers={**headers, "Upload-Checksum": wrong}, content=b"abc")
    assert (refused.status_code, refused.json()["code"]) == (460, "files.checksum_mismatch")
    assert (await api.head(path, headers=TUS)).headers["upload-offset"] == "0"
    unknown = await api.patch(
        path, headers={**headers, "Upload-Checksum": "md5 eA=="}, content=b"abc"
    )
    assert unknown.status_code == 400
    right = f"sha256 {base64.b64encode(hashlib.sha256(b'abc').digest()).decode()}"
    kept = await api.patch(path, headers={**headers, "Upload-Checksum": right}, content=b"abc")
    assert (kept.status_code, kept.headers["upload-offset"]) == (204, "3")


@pytest.mark.parametrize(
    ("wanted", "status", "expected"),
    [
        ("bytes=0-3", 206, (0, 4)), ("bytes=5-", 206, (5, None)), ("bytes=-4", 206, (-4, None)),
        ("bytes=0-99999999", 206, (0, None)), ("bytes=262143-262144", 206, (262143, 262145)),
        ("bytes=5-2", 200, (0, None)), ("bytes=0-1,4-5", 200, (0, None)),
        ("lines=1-2", 200, (0, None)), ("bytes=", 200, (0, None)), ("bytes=-", 200, (0, None)),
        ("bytes=x-y", 200, (0, None)), ("bytes=9999999-", 416, None), ("bytes=-0", 416, None),
    ],
)  # fmt: skip
async def test_ranges(
    api: httpx2.AsyncClient, wanted: str, status: int, expected: tuple[int, int | None] | None
) -> None:
    body = bytes(range(256)) * 2_100
    file = await send(api, "bytes.bin", body)
    path = f"{API}/files/{file['id']}/content"
    answer = await api.get(path, headers={"Range": wanted})
    assert answer.status_code == status
    if expected is None:
        assert answer.headers["content-range"] == f"bytes */{len(body)}"
        return
    assert answer.content == body[expected[0] : expected[1]]
    etag = answer.headers["etag"]
    if status == 206:
        stale = await api.get(path, headers={"Range": wanted, "If-Range": '"other"'})
        assert stale.content == body
        fresh = await api.get(path, headers={"Range": wanted, "If-Range": etag})
        assert fresh.status_code == 206
    assert (await api.get(path, headers={"If-None-Match": etag})).status_code == 304


async def test_nothing_that_runs_is_shown_in_a_page(api: httpx2.AsyncClient) -> None:
    svg = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
    html = b"<!doctype html><script>alert(1)</script>"
    png = b"\x89PNG\r\n\x1a\n" + b"\0" * 32
    for name, body, kind, shown in (
        ("a.svg", svg, "attachment", "application/octet-stream"),
        ("a.html", html, "attachment", "application/octet-stream"),
        ("a.png", html, "inline", "text/plain; charset=utf-8"),
        ("a.html.png", png, "inline", "image/png"),
        ("a.pdf", b"%PDF-1.7\n", "inline", "application/pdf"),
    ):
        file = await send(api, name, body)
        answer = await api.get(
            f"{API}/files/{file['id']}/content", params={"disposition": "inline"}
        )
        assert answer.headers["content-disposition"].split(";")[0] == kind, name
        assert answer.headers["content-type"] == shown, name
        assert "sandbox" in answer.headers["content-security-policy"]


async def test_a_shorter_body_than_was_said_leaves_nothing(api: httpx2.AsyncClient) -> None:
    async def short() -> AsyncIterator[bytes]:
        yield b"abc"

    answer = await api.post(
        f"{API}/files", params={"name": "a"}, content=short(), headers={"Content-Length": "9"}
    )
    assert (answer.status_code, answer.json()["code"]) == (400, "files.wrong_length")
    assert (await api.get(f"{API}/files")).json()["items"] == []
    usage = (await api.get(f"{API}/files/usage")).json()
    assert usage["person"] == {"used": 0, "reserved": 0, "limit": None}
    unsaid = await api.post(f"{API}/files", params={"name": "a"}, content=short())
    assert unsaid.status_code == 400


async def test_a_form_with_a_file_is_taken(api: httpx2.AsyncClient) -> None:
    sent = await api.post(
        f"{API}/files", data={"note": "before"}, files={"file": ("../a/Plän.txt", b"from a form")}
    )
    assert sent.status_code == 201, sent.text
    assert (sent.json()["name"], sent.json()["size"]) == ("Plän.txt", 11)
    content = await api.get(f"{API}/files/{sent.json()['id']}/content")
    assert content.content == b"from a form"
    assert "filename*=UTF-8''Pl%C3%A4n.txt" in content.headers["content-disposition"]
    usage = (await api.get(f"{API}/files/usage")).json()
    assert usage["person"] == {"used": 11, "reserved": 0, "limit": None}
    for files in (
        [("file", ("a", b"1")), ("file", ("b", b"2"))],
        [("file", ("a", b"1")), ("more", (None, b"2"))],
    ):
        refused = await api.post(f"{API}/files", files=files)
        assert (refused.status_code, refused.json()["code"]) == (400, "malformed_form")
    none = await api.post(f"{API}/files", files={"file": (None, b"1")})
    assert none.status_code == 400
    head = {"Content-Type": "multipart/form-data; boundary=b"}
    broken = await api.post(f"{API}/files", content=b"--b\r\nnonsense", headers=head)
    assert broken.status_code == 400
    packed = await api.post(f"{API}/files", content=b"x", headers={"Content-Encoding": "gzip"})
    assert packed.status_code == 415
    assert len((await api.get(f"{API}/files")).json()["items"]) == 1
    assert (await api.get(f"{API}/files/usage")).json() == usage


async def test_links_folders_and_versions_over_rest(api: httpx2.AsyncClient) -> None:
    folder = (await api.post(f"{API}/folders", json={"name": "Ours"})).json()
    file = await send(api, folder_id=folder["id"])
    path = f"{API}/files/{file['id']}"
    newer = await api.post(f"{path}/versions", content=b"newer")
    assert newer.json()["number"] == 2
    assert newer.headers["etag"] == '"2"'
    made = await api.post(f"{path}/links", json={"version": 1, "disposition": "inline"})
    assert made.status_code == 201
    shown = await api.get(made.json()["url"], headers={"Authorization": "", "Range": "bytes=4-"})
    assert (shown.status_code, shown.content) == (206, b"plan")
    assert shown.headers["content-type"] == "text/plain; charset=utf-8"
    wrong = await api.get(f"{made.json()['url'][:-1]}!")
    assert (wrong.status_code, wrong.json()["code"]) == (403, "files.link_invalid")
    versions = (await api.get(f"{path}/versions")).json()["items"]
    assert [each["number"] for each in versions] == [2, 1]
    stale = await api.patch(path, json={"name": "New.txt"}, headers={"If-Match": '"1"'})
    assert (stale.status_code, stale.json()["code"]) == (412, "files.revision_conflict")
    moved = await api.patch(path, json={"folder_id": None}, headers={"If-Match": '"2"'})
    assert moved.json()["folder_id"] is None
    listed = await api.get(f"{API}/files", params={"folder_id": "top", "kind": "text"})
    assert [each["id"] for each in listed.json()["items"]] == [file["id"]]
    inside = await api.get(f"{API}/files", params={"folder_id": folder["id"]})
    assert inside.json()["items"] == []
    task = (await api.post(f"{API}/tasks", json={"title": "Read it"})).json()
    place = f"{path}/attachments/task/{task['id']}"
    assert (await api.put(place)).status_code == 204
    attached = {"attached_kind": "task", "attached_id": task["id"]}
    assert len((await api.get(f"{API}/files", params=attached)).json()["items"]) == 1
    assert (await api.delete(place)).status_code == 204
    for cursor in ("x", "W10", base64.urlsafe_b64encode(b'["files:size:true",1e400,"x"]').decode()):
        bad = await api.get(f"{API}/files", params={"cursor": cursor, "sort": "size"})
        assert bad.status_code == 422


@pytest.mark.parametrize("method", ["PUT", "TRACE"])
async def test_a_method_that_files_do_not_have_is_answered_405(
    api: httpx2.AsyncClient, method: str
) -> None:
    answer = await api.request(
        method, f"{API}/files", content=b"\x89PNG", headers={"Content-Type": "image/png"}
    )
    assert (answer.status_code, answer.json()["code"]) == (405, "method_not_allowed")

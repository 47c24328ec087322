"""What models may read: files with the caller's rights, and public pages without any."""

from __future__ import annotations

import json
import ssl
from collections.abc import AsyncGenerator
from dataclasses import dataclass, replace
from typing import Any, cast

import pytest
from pydantic import ValidationError
from tests.documents.conftest import MakeShelf
from tests.documents.shelf import Shelf
from tests.fixtures.accounts import MakeUser
from tests.fixtures.documents import pdf
from tests.platform.http.conftest import KeptEntries
from tests.platform.http.peer import Peer, Seen, running_peer

from vectal.ai.contracts import Tool, ToolContext, ToolOutput
from vectal.ai.toolset import ToolRegistry
from vectal.auth.errors import ForbiddenError
from vectal.auth.principal import Principal, Scope
from vectal.documents.errors import DocumentNotFoundError, PageNotFoundError, WebPageRefusedError
from vectal.documents.extraction.errors import ExtractionError
from vectal.documents.extraction.sandbox import Sandbox
from vectal.documents.service import DocumentRules
from vectal.documents.service.web_pages import WebPages
from vectal.documents.tools import make_tools
from vectal.platform.http import (
    EgressLedger,
    EgressRefusedError,
    HttpClient,
    TooLargeError,
)
from vectal.platform.http.guard import EgressGuard
from vectal.platform.ids import new_id
from vectal.platform.resilience import DeadlineExceededError, within

PLAIN = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
PAGE = """<html><head><title>Prices  of
bread</title><script>alert(1)</script></head><body><h1>Bread</h1><p>Rye costs 4 EUR.</p>
<p>Se\u200bcret</p><a href="/more">More</a></body></html>"""


@dataclass(frozen=True)
class Reader:
    """Calls tools as a model does."""

    shelf: Shelf
    pages: WebPages

    def tool(self, name: str) -> Tool[Any]:
        return next(t for t in make_tools(self.shelf.documents, self.pages) if t.name == name)

    async def call(
        self, name: str, principal: Principal | None = None, **arguments: Any
    ) -> ToolOutput:
        context = ToolContext(principal or self.shelf.me, None, None, "c-1", "act", "UTC", new_id())
        tool = self.tool(name)
        output: ToolOutput = await tool.handler(context, tool.input.model_validate(arguments))
        return output


@pytest.fixture
async def peer() -> AsyncGenerator[Peer]:
    async with running_peer() as made:
        yield made


@pytest.fixture
def kept() -> KeptEntries:
    return KeptEntries()


def _pages(kept: KeptEntries, *opened: str) -> tuple[WebPages, HttpClient]:
    client = HttpClient(cast("EgressLedger", kept), EgressGuard.parse(list(opened)), tls=PLAIN)
    return WebPages(client, Sandbox("reduced"), DocumentRules()), client


@pytest.fixture
async def reader(shelf: Shelf, kept: KeptEntries) -> AsyncGenerator[Reader]:
    pages, client = _pages(kept, "127.0.0.1")
    yield Reader(shelf, pages)
    await client.close()


def _serve(peer: Peer, path: str, body: bytes, media_type: str, status: str = "200 OK") -> None:
    async def answer(seen: Seen, writer: Any) -> None:
        del seen
        head = f"HTTP/1.1 {status}\r\ncontent-type: {media_type}\r\n"
        writer.write(f"{head}content-length: {len(body)}\r\n\r\n".encode() + body)

    peer.answers[path] = answer


async def test_a_registry_takes_them(reader: Reader) -> None:
    registry = ToolRegistry()
    for tool in make_tools(reader.shelf.documents, reader.pages):
        registry.register(tool)
    assert {tool.name for tool in registry} == {"search_files", "read_document", "read_web_page"}


async def test_passages_are_found_with_their_file_and_page(reader: Reader) -> None:
    file = await reader.shelf.add("Lease.txt", b"The rent of the flat is 900 EUR a month.")
    output = await reader.call("search_files", query="rent of the flat")
    (passage,) = json.loads(output.content)["passages"]
    assert (passage["file_id"], passage["name"]) == (str(file.id), "Lease.txt")
    assert (passage["page"], "900 EUR" in passage["text"]) == (1, True)
    assert output.summary == "1 passage"


async def test_hidden_characters_are_named(reader: Reader) -> None:
    await reader.shelf.add("Note.txt", "Pay\u200b\u200b the rent of the flat.".encode())
    output = await reader.call("search_files", query="rent flat")
    (passage,) = json.loads(output.content)["passages"]
    assert passage["hidden_text"] is True
    assert "[hidden U+200B U+200B]" in passage["text"]


async def test_pages_are_read_in_order(reader: Reader) -> None:
    file = await reader.shelf.add("Book.pdf", pdf([["One"], ["Two"], ["Three"]]))
    output = await reader.call("read_document", file_id=str(file.id), page=2, pages=5)
    content = json.loads(output.content)
    assert [page["page"] for page in content["pages"]] == [2, 3]
    assert content["pages"][0]["text"] == "Two"
    assert content["pages_in_all"] == 3
    with pytest.raises(PageNotFoundError):
        await reader.call("read_document", file_id=str(file.id), page=4)


async def test_nobody_reads_what_is_not_theirs(
    reader: Reader, make_user: MakeUser, make_shelf: MakeShelf
) -> None:
    file = await reader.shelf.add("Lease.txt", b"The rent of the flat is 900 EUR a month.")
    stranger = make_shelf(await make_user()).me
    found = await reader.call("search_files", stranger, query="rent of the flat")
    assert json.loads(found.content)["passages"] == []
    with pytest.raises(DocumentNotFoundError):
        await reader.call("read_document", stranger, file_id=str(file.id))


async def test_whoever_may_not_read_files_may_not_do_so_by_a_tool(reader: Reader) -> None:
    bare = replace(reader.shelf.me, scopes=frozenset((Scope.TASKS_READ,)))
    for name, arguments in (
        ("search_files", {"query": "rent"}),
        ("read_document", {"file_id": str(new_id())}),
        ("read_web_page", {"url": "http://127.0.0.1:1/"}),
    ):
        with pytest.raises(ForbiddenError):
            await reader.call(name, bare, **arguments)


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("search_files", {"query": ""}),
        ("search_files", {"query": "x", "limit": 11}),
        ("read_document", {"file_id": "../etc"}),
        ("read_document", {"file_id": str(new_id()), "pages": 6}),
        ("read_web_page", {"url": "file:///etc/passwd"}),
        ("read_web_page", {"url": "javascript:alert(1)"}),
        ("read_web_page", {"url": "https://x.test", "method": "POST"}),
    ],
)
async def test_what_does_not_fit_is_refused(
    reader: Reader, name: str, arguments: dict[str, Any]
) -> None:
    with pytest.raises(ValidationError):
        await reader.call(name, **arguments)


# --- pages of the web ---------------------------------------------------------------------------


async def test_a_page_comes_as_text(reader: Reader, peer: Peer, kept: KeptEntries) -> None:
    _serve(peer, "/bread", PAGE.encode(), "text/html; charset=utf-8")
    output = await reader.call("read_web_page", url=peer.url("/bread"))
    assert output.content.startswith(f"Address: {peer.url('/bread')}\n")
    assert "Rye costs 4 EUR." in output.content
    assert "alert" not in output.content
    assert "[hidden U+200B]" in output.content
    assert "bread" not in output.summary
    (request,) = peer.seen
    assert not {"cookie", "authorization", "referer"} & set(request.headers)
    (entry,) = kept.entries
    assert (entry.caller.purpose, entry.caller.user_id) == ("web page", reader.shelf.me.user_id)


async def test_a_long_page_is_read_in_parts(reader: Reader, peer: Peer) -> None:
    text = "".join(f"line {number:06}\n" for number in range(4_000))
    _serve(peer, "/long", text.encode(), "text/plain")
    first = await reader.call("read_web_page", url=peer.url("/long"))
    assert "line 000000" in first.content
    assert "more characters follow" in first.content
    later = await reader.call("read_web_page", url=peer.url("/long"), start=40_000)
    assert "line 000000" not in later.content
    assert "line 003999" in later.content


async def test_a_pdf_of_the_web_is_read_too(reader: Reader, peer: Peer) -> None:
    _serve(peer, "/menu", pdf([["Soup of the day"]]), "application/octet-stream")
    output = await reader.call("read_web_page", url=peer.url("/menu"))
    assert "Soup of the day" in output.content


async def test_a_redirect_is_followed_and_told(reader: Reader, peer: Peer) -> None:
    _serve(peer, "/new", b"Here now.", "text/plain")

    async def answer(seen: Seen, writer: Any) -> None:
        del seen
        writer.write(b"HTTP/1.1 302 Found\r\nlocation: /new\r\ncontent-length: 0\r\n\r\n")

    peer.answers["/old"] = answer
    output = await reader.call("read_web_page", url=peer.url("/old"))
    assert f"Address: {peer.url('/new')}" in output.content


@pytest.mark.parametrize(
    ("body", "media_type", "status", "error"),
    [
        (b"gone", "text/html", "404 Not Found", WebPageRefusedError),
        (b"\x7fELF" + bytes(200), "text/html", "200 OK", ExtractionError),
        (b"", "text/html", "200 OK", ExtractionError),
        (b"x" * (9 << 20), "text/plain", "200 OK", TooLargeError),
    ],
)
async def test_what_is_no_page_is_refused(
    reader: Reader, peer: Peer, body: bytes, media_type: str, status: str, error: type[Exception]
) -> None:
    _serve(peer, "/x", body, media_type, status)
    with pytest.raises(error):
        await reader.call("read_web_page", url=peer.url("/x"))


async def test_a_page_that_never_comes_has_an_end(reader: Reader, peer: Peer) -> None:
    async def never(seen: Seen, writer: Any) -> None:
        del seen
        await writer.drain()

    peer.answers["/slow"] = never
    with pytest.raises(DeadlineExceededError):
        async with within(0.3):
            await reader.call("read_web_page", url=peer.url("/slow"))


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:9/",
        "http://localhost/",
        "http://[::1]/",
        "http://169.254.169.254/latest/meta-data/",
        "http://10.0.0.1/",
        "http://0x7f000001/",
        "http://[64:ff9b::a9fe:a9fe]/",
        "http://ada:secret@example.com/",
    ],
)
async def test_nothing_inside_is_reached(shelf: Shelf, kept: KeptEntries, url: str) -> None:
    pages, client = _pages(kept)
    try:
        with pytest.raises(EgressRefusedError):
            await Reader(shelf, pages).call("read_web_page", url=url)
    finally:
        await client.close()


async def test_a_redirect_leads_nowhere_inside(shelf: Shelf, kept: KeptEntries, peer: Peer) -> None:
    async def answer(seen: Seen, writer: Any) -> None:
        del seen
        writer.write(
            b"HTTP/1.1 302 Found\r\nlocation: http://169.254.169.254/\r\ncontent-length: 0\r\n\r\n"
        )

    peer.answers["/trap"] = answer
    pages, client = _pages(kept, "127.0.0.1")
    try:
        with pytest.raises(EgressRefusedError):
            await Reader(shelf, pages).call("read_web_page", url=peer.url("/trap"))
    finally:
        await client.close()

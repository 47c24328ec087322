"""The client against peers that are slow, endless, broken or lying."""

import asyncio
import gzip
import ssl
import zlib

import pytest
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from tests.platform.http.conftest import PLAIN, KeptEntries
from tests.platform.http.peer import (
    Answer,
    Peer,
    Seen,
    bomb,
    endless,
    raw,
    redirect,
    reply,
    zipped,
)

from vectal.platform.http import (
    BadAnswerError,
    Caller,
    ConnectionFailedError,
    EgressRefusedError,
    HttpClient,
    HttpLimits,
    HttpRequest,
    HttpTimeoutError,
    TooLargeError,
)
from vectal.platform.http.errors import UnsendableError
from vectal.platform.http.guard import EgressGuard
from vectal.platform.http.messages import Target
from vectal.platform.ids import new_id
from vectal.platform.resilience import (
    BreakerBoard,
    BreakerOpenError,
    BreakerRule,
    RetryBudgets,
    RetryRule,
    within,
)
from vectal.platform.telemetry.tracing import span, start_tracing

CALLER = Caller("testing", new_id(), new_id())
AT_ONCE = RetryRule(attempts=3, first_s=0.0)
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"


async def test_a_request_and_its_answer(client: HttpClient, peer: Peer, kept: KeptEntries) -> None:
    peer.answers["/v1/echo"] = reply(b'{"n": 7}', headers={"X-One": "1", "x-one": "2"})
    request = HttpRequest.json("POST", peer.url("/v1/echo?q=1"), {"a": 1}, headers={"X-Key": "k"})
    answer = await client.send(request, CALLER)
    assert answer.ok
    assert answer.json(dict[str, int]) == {"n": 7}
    assert answer.headers["x-one"] == "1, 2"
    (seen,) = peer.seen
    assert (seen.method, seen.path, seen.body) == ("POST", "/v1/echo?q=1", b'{"a":1}')
    assert seen.headers["x-key"] == "k"
    assert seen.headers["host"] == f"127.0.0.1:{peer.port}"
    (entry,) = kept.entries
    assert (entry.caller, entry.method, entry.host, entry.status) == (
        CALLER, "POST", f"127.0.0.1:{peer.port}", 200,
    )  # fmt: skip
    assert (entry.outcome, entry.policy) == ("ok", "opened by operator")
    assert (entry.bytes_out, entry.bytes_in) == (7, 8)
    assert "X-Key" not in repr(request)  # keys travel in headers; a log of the request has none


@pytest.mark.parametrize(
    ("address", "place"),
    [
        ("http://Ollama.test/api", "ollama.test"),
        ("http://ollama.test:80/", "ollama.test"),
        ("http://ollama.test:443/", "ollama.test:443"),
        ("https://ollama.test:443/", "ollama.test"),
        ("https://ollama.test:8443/", "ollama.test:8443"),
        ("http://[::1]/", "::1"),
        ("http://[::1]:11434/", "[::1]:11434"),
    ],
)
def test_an_unusual_port_is_told(address: str, place: str) -> None:
    assert Target.parse(address).place == place


async def test_connections_are_used_again(client: HttpClient, peer: Peer) -> None:
    peer.answers["/"] = reply(b"x")
    for _ in range(3):
        await client.send(HttpRequest("GET", peer.url()), CALLER)
    assert peer.connections == 1


async def test_headers_that_are_ours_can_not_be_set(client: HttpClient, peer: Peer) -> None:
    peer.answers["/"] = reply()
    headers = {"Host": "evil.test", "Transfer-Encoding": "chunked", "traceparent": "x"}
    await client.send(HttpRequest("GET", peer.url(), headers=headers), CALLER)
    assert peer.seen[0].headers["host"] == f"127.0.0.1:{peer.port}"
    assert "transfer-encoding" not in peer.seen[0].headers
    assert "traceparent" not in peer.seen[0].headers


@pytest.mark.parametrize(
    "request_",
    [
        HttpRequest("GET", "/", headers={"x-key": "a\r\nx-evil: 1"}),
        HttpRequest("GET", "/", headers={"x-key": "schlüssel"}),
        HttpRequest("GET", "/", headers={"x key": "a"}),
        HttpRequest("GE T", "/"),
        HttpRequest("GÉT", "/"),
    ],
)
async def test_what_http_can_not_carry_is_refused(
    client: HttpClient, peer: Peer, request_: HttpRequest
) -> None:
    peer.answers["/"] = reply()
    broken = HttpRequest(request_.method, peer.url(), headers=request_.headers)
    with pytest.raises(UnsendableError):
        await client.send(broken, CALLER)
    assert peer.seen == []


QUICK = HttpLimits(connect_s=0.05, first_byte_s=0.05, idle_s=0.05)
SLOW: dict[str, tuple[Answer, HttpLimits, str]] = {
    "no first byte": (raw(then_wait=True), QUICK, "first_byte"),
    "headers that drip": (raw(HEAD + b"x-a: ", *[b"H"] * 200, pause_s=0.01), QUICK, "first_byte"),
    "silence in the body": (raw(HEAD + b"\r\nabc", then_wait=True), QUICK, "idle"),
    "a body that drips": (
        raw(HEAD + b"\r\n", *[b"x"] * 1_000, pause_s=0.01),
        HttpLimits(total_s=0.2, idle_s=5),
        "total",
    ),
}


@pytest.mark.parametrize("kind", SLOW)
async def test_nobody_waits_for_ever(
    client: HttpClient, peer: Peer, kept: KeptEntries, kind: str
) -> None:
    answer, limits, phase = SLOW[kind]
    peer.answers["/"] = answer
    with pytest.raises(HttpTimeoutError) as caught:
        await client.send(HttpRequest("GET", peer.url(), limits=limits), CALLER)
    assert caught.value.phase == phase
    assert kept.entries[0].outcome == f"timeout: {phase}"


async def test_the_works_deadline_ends_a_call(client: HttpClient, peer: Peer) -> None:
    peer.answers["/"] = raw(then_wait=True)
    async with within(0.05):
        request = HttpRequest("GET", peer.url(), limits=HttpLimits(total_s=60))
        with pytest.raises((HttpTimeoutError, asyncio.CancelledError)):
            await client.send(request, CALLER)


async def test_an_endless_body_is_cut(client: HttpClient, peer: Peer, kept: KeptEntries) -> None:
    peer.answers["/"] = endless
    with pytest.raises(TooLargeError):
        await client.send(
            HttpRequest("GET", peer.url(), limits=HttpLimits(max_bytes=1_000_000)), CALLER
        )
    assert kept.entries[0].bytes_in < 2_000_000


async def test_a_bomb_does_not_go_off(client: HttpClient, peer: Peer, kept: KeptEntries) -> None:
    peer.answers["/"] = bomb(64)
    limits = HttpLimits(max_bytes=1 << 30)
    read = 0

    async def inflate() -> None:
        nonlocal read
        async with client.open(HttpRequest("GET", peer.url(), limits=limits), CALLER) as answer:
            async for piece in answer.chunks():
                read += len(piece)

    with pytest.raises(TooLargeError):
        await inflate()
    assert read < 20 << 20
    assert kept.entries[0].outcome == "too large: decoded"


@pytest.mark.parametrize(
    ("encoding", "packed"),
    [
        ("gzip", gzip.compress(b"text" * 1_000)),
        ("x-gzip", gzip.compress(b"text" * 500) + gzip.compress(b"text" * 500)),
        ("deflate", zlib.compress(b"text" * 1_000)),
        ("deflate", zlib.compress(b"text" * 1_000)[2:-4]),
        ("identity", b"text" * 1_000),
    ],
    ids=["gzip", "two members", "zlib", "bare deflate", "identity"],
)
async def test_bodies_are_decoded(
    client: HttpClient, peer: Peer, encoding: str, packed: bytes
) -> None:
    peer.answers["/"] = reply(packed, headers={"Content-Encoding": encoding})
    assert (await client.send(HttpRequest("GET", peer.url()), CALLER)).body == b"text" * 1_000


@pytest.mark.parametrize(
    ("encoding", "packed"),
    [
        ("gzip", b"not gzip"),
        ("gzip", gzip.compress(b"x" * 10_000)[:-9]),
        ("br", b"x"),
        ("gzip, gzip", b"x"),
    ],
    ids=["not gzip", "cut short", "unknown", "twice"],  # packed bytes carry the time of day
)
async def test_broken_encodings_are_said_to_be(
    client: HttpClient, peer: Peer, encoding: str, packed: bytes
) -> None:
    peer.answers["/"] = reply(packed, headers={"Content-Encoding": encoding})
    with pytest.raises(BadAnswerError):
        await client.send(HttpRequest("GET", peer.url()), CALLER)


@pytest.mark.parametrize(
    "pieces",
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort",),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n5\r\nab",),
        (b"garbage that is no HTTP\r\n\r\n",),
        (b"HTTP/1.1 200 OK\r\n" + b"X: " + b"y" * 300_000 + b"\r\n\r\n",),
        (b"",),
    ],
    ids=["short body", "cut chunk", "garbage", "huge header", "nothing"],
)
async def test_a_broken_peer_is_a_failed_connection(
    client: HttpClient, peer: Peer, pieces: tuple[bytes, ...]
) -> None:
    peer.answers["/"] = raw(*pieces)
    with pytest.raises(ConnectionFailedError):
        await client.send(HttpRequest("GET", peer.url()), CALLER)


async def test_nobody_listening_is_a_failed_connection(
    client: HttpClient, kept: KeptEntries
) -> None:
    with pytest.raises(ConnectionFailedError):
        await client.send(HttpRequest("GET", "http://127.0.0.1:1/"), CALLER)
    assert kept.entries[0].outcome == "connection_failed"


async def test_pieces_arrive_as_they_are_sent(client: HttpClient, peer: Peer) -> None:
    second = asyncio.Event()

    async def answer(request: Seen, writer: asyncio.StreamWriter) -> None:
        del request
        writer.write(HEAD + b"\r\nfirst")
        await writer.drain()
        await second.wait()
        writer.write(b"second")
        writer.close()

    peer.answers["/"] = answer
    async with client.open(HttpRequest("GET", peer.url()), CALLER) as response:
        chunks = response.chunks()
        assert await anext(chunks) == b"first"
        second.set()
        assert await anext(chunks) == b"second"
        await chunks.aclose()


async def test_a_call_that_is_left_early_is_noted(
    client: HttpClient, peer: Peer, kept: KeptEntries
) -> None:
    peer.answers["/"] = endless
    async with client.open(HttpRequest("GET", peer.url()), CALLER) as response:
        assert response.status == 200
    assert [entry.outcome for entry in kept.entries] == ["closed early"]

    async def wait() -> None:
        peer.answers["/"] = raw(then_wait=True)
        await client.send(HttpRequest("GET", peer.url()), CALLER)

    task = asyncio.create_task(wait())
    async with asyncio.timeout(10):
        while len(peer.seen) < 2:  # noqa: ASYNC110 - the peer has no event to set
            await asyncio.sleep(0.001)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert kept.entries[1].outcome == "cancelled"


async def test_redirects_are_followed_when_wanted(client: HttpClient, peer: Peer) -> None:
    peer.answers |= {
        "/a": redirect("/b"),
        "/b": redirect("c", "307 Temporary"),
        "/c": reply(b"end"),
    }
    limits = HttpLimits(redirects=2)
    answer = await client.send(HttpRequest("GET", peer.url("/a"), limits=limits), CALLER)
    assert answer.body == b"end"
    assert answer.url == peer.url("/c")
    assert (await client.send(HttpRequest("GET", peer.url("/a")), CALLER)).status == 302


async def test_redirects_without_end_are_ended(client: HttpClient, peer: Peer) -> None:
    peer.answers["/a"] = redirect("/a")
    with pytest.raises(BadAnswerError):
        await client.send(
            HttpRequest("GET", peer.url("/a"), limits=HttpLimits(redirects=4)), CALLER
        )
    assert len(peer.seen) == 5


async def test_secrets_stay_with_their_origin(kept: KeptEntries, peer: Peer) -> None:
    client = HttpClient(kept.as_ledger, EgressGuard.parse(["127.0.0.1", "localhost"]), tls=PLAIN)
    peer.answers |= {"/a": redirect(peer.url("/b", "localhost")), "/b": reply()}
    headers = {"Authorization": "Bearer s", "X-Api-Key": "s", "Cookie": "s", "X-Plain": "p"}
    await client.send(
        HttpRequest("GET", peer.url("/a"), headers=headers, limits=HttpLimits(redirects=1)), CALLER
    )
    assert peer.seen[0].headers["authorization"] == "Bearer s"
    assert peer.seen[1].headers["x-plain"] == "p"
    assert not {"authorization", "x-api-key", "cookie"} & set(peer.seen[1].headers)
    await client.close()


@pytest.mark.parametrize(
    ("status", "method", "expected"),
    [("303 See", "POST", ("GET", b"")), ("302 Found", "POST", ("GET", b"")),
     ("307 Temp", "POST", ("POST", b"body")), ("308 Perm", "PUT", ("PUT", b"body")),
     ("301 Moved", "PUT", ("PUT", b"body"))],
)  # fmt: skip
async def test_methods_change_as_http_says(
    client: HttpClient, peer: Peer, status: str, method: str, expected: tuple[str, bytes]
) -> None:
    peer.answers |= {"/a": redirect("/b", status), "/b": reply()}
    request = HttpRequest(method, peer.url("/a"), content=b"body", limits=HttpLimits(redirects=1))
    await client.send(request, CALLER)
    assert (peer.seen[1].method, peer.seen[1].body) == expected


def _fails(times: int, status: str = "503 Busy", headers: dict[str, str] | None = None) -> Answer:
    left = times

    async def answer(request: Seen, writer: asyncio.StreamWriter) -> None:
        nonlocal left
        left -= 1
        chosen = reply(b"busy", status=status, headers=headers) if left >= 0 else reply(b"fine")
        await chosen(request, writer)

    return answer


async def test_passing_failures_are_tried_again(
    client: HttpClient, peer: Peer, kept: KeptEntries
) -> None:
    peer.answers["/"] = _fails(2, headers={"Retry-After": "0"})
    answer = await client.send(HttpRequest("GET", peer.url(), retry=AT_ONCE), CALLER)
    assert answer.body == b"fine"
    assert [entry.status for entry in kept.entries] == [503, 503, 200]


async def test_the_last_answer_is_the_answer(client: HttpClient, peer: Peer) -> None:
    peer.answers["/"] = _fails(9)
    answer = await client.send(HttpRequest("GET", peer.url(), retry=AT_ONCE), CALLER)
    assert (answer.status, answer.body) == (503, b"busy")
    assert len(peer.seen) == 3


@pytest.mark.parametrize("wish", ["3600", "Wed, 21 Oct 2099 07:28:00 GMT"])
async def test_a_peer_that_wants_long_peace_gets_it(
    client: HttpClient, peer: Peer, wish: str
) -> None:
    peer.answers["/"] = _fails(9, headers={"Retry-After": wish})
    assert (await client.send(HttpRequest("GET", peer.url(), retry=AT_ONCE), CALLER)).status == 503
    assert len(peer.seen) == 1


@pytest.mark.parametrize(
    "wish", ["", "soon", "-1", "²", "9" * 400, "Wed, 21 Oct 2015 07:28:00 GMT"]
)
async def test_any_retry_after_is_survived(client: HttpClient, peer: Peer, wish: str) -> None:
    peer.answers["/"] = _fails(1, headers={"Retry-After": wish})
    answer = await client.send(HttpRequest("GET", peer.url(), retry=AT_ONCE), CALLER)
    assert answer.status in {200, 503}


async def test_what_may_not_be_repeated_is_sent_once(client: HttpClient, peer: Peer) -> None:
    peer.answers["/"] = _fails(9)
    await client.send(HttpRequest("POST", peer.url(), retry=AT_ONCE), CALLER)
    assert len(peer.seen) == 1
    await client.send(HttpRequest("POST", peer.url(), retry=AT_ONCE, may_repeat=True), CALLER)
    assert len(peer.seen) == 4


async def test_retries_are_budgeted(kept: KeptEntries, peer: Peer) -> None:
    client = HttpClient(
        kept.as_ledger,
        EgressGuard.parse(["127.0.0.1"]),
        budgets=RetryBudgets(ratio=0.1, reserve=2),
        tls=PLAIN,
    )
    peer.answers["/"] = _fails(1_000)
    for _ in range(50):
        await client.send(HttpRequest("GET", peer.url(), retry=AT_ONCE), CALLER)
    assert 50 < len(peer.seen) <= 50 + 2 + 5
    before = len(peer.seen)
    neighbour = Caller("testing", new_id(), new_id())
    await client.send(HttpRequest("GET", peer.url(), retry=AT_ONCE), neighbour)
    assert len(peer.seen) == before + 3, "another workspace has retries of its own"
    await client.close()


async def test_a_failing_host_is_left_alone(kept: KeptEntries, peer: Peer) -> None:
    client = HttpClient(
        kept.as_ledger,
        EgressGuard.parse(["127.0.0.1"]),
        breakers=BreakerBoard(BreakerRule(failures=3, share=0.3)),
        tls=PLAIN,
    )
    peer.answers |= {"/bad": _fails(1_000), "/refused": reply(status="401 No")}
    for _ in range(5):
        await client.send(HttpRequest("GET", peer.url("/refused")), CALLER)
    for _ in range(3):
        await client.send(HttpRequest("GET", peer.url("/bad")), CALLER)
    with pytest.raises(BreakerOpenError):
        await client.send(HttpRequest("GET", peer.url("/bad")), CALLER)
    assert len(peer.seen) == 8
    assert kept.entries[-1].outcome == "breaker_open"
    await client.close()


async def test_traces_go_to_opened_hosts_alone(client: HttpClient, peer: Peer) -> None:
    peer.answers["/"] = reply()
    tracing = start_tracing(None, process="test", version="0", exporter=InMemorySpanExporter())
    with span("work"):
        await client.send(HttpRequest("GET", peer.url()), CALLER)
        outside = HttpRequest("GET", "http://example.com/")
        encoded = client.encode(outside, Target.parse(outside.url))
    tracing.stop()
    assert peer.seen[0].headers["traceparent"].startswith("00-")
    assert b"traceparent" not in encoded


async def test_tls_is_never_given_up(kept: KeptEntries, peer: Peer) -> None:
    """A plain peer where TLS was asked for fails, and never gets the request."""
    client = HttpClient(
        kept.as_ledger, EgressGuard.parse(["127.0.0.1"]), tls=ssl.create_default_context()
    )
    url = peer.url().replace("http:", "https:")
    with pytest.raises(HttpTimeoutError) as caught:
        await client.send(HttpRequest("GET", url, limits=QUICK), CALLER)
    assert caught.value.phase == "connect"
    assert peer.seen == []
    await client.close()


async def test_a_redirect_away_from_tls_is_refused() -> None:
    with pytest.raises(EgressRefusedError):
        Target.parse("https://good.test/").follow("http://good.test/")


async def test_zipped_streams_count_what_was_received(
    client: HttpClient, peer: Peer, kept: KeptEntries
) -> None:
    peer.answers["/"] = zipped(b"a" * 100_000)
    assert len((await client.send(HttpRequest("GET", peer.url()), CALLER)).body) == 100_000
    assert kept.entries[0].bytes_in < 1_000


@pytest.mark.parametrize("body", [b"", b"[1]", b"{", b"\xff", b'{"a": "x"}', b"[" * 100_000])
async def test_json_of_another_shape_is_a_bad_answer(
    client: HttpClient, peer: Peer, body: bytes
) -> None:
    peer.answers["/"] = reply(body)
    answer = await client.send(HttpRequest("GET", peer.url()), CALLER)
    with pytest.raises(BadAnswerError):
        answer.json(dict[str, int])

"""Every answer has its name and its headers, and every failure is a problem without a trace."""

import asyncio
import re

import httpx2
import pytest
from starlette.types import Message, Scope
from tests.fixtures.accounts import MakeClient
from tests.gateway.conftest import SECRET, MakeApp, MakeHouse

from vectal.gateway.drain import Drain


def assert_problem(answer: httpx2.Response, status: int, code: str) -> None:
    body = answer.json()
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert body["code"] == code
    assert body["type"] == f"urn:vectal:problem:{code}"
    assert body["status"] == status
    assert body["instance"] == answer.headers["x-request-id"]
    assert {"title", "detail"} <= set(body)


async def test_what_nobody_caught_is_logged_and_tells_nothing(
    make_house: MakeHouse, capsys: pytest.CaptureFixture[str]
) -> None:
    answer = await make_house().get("/api/v1/odd/broken")
    assert_problem(answer, 500, "internal")
    assert SECRET not in answer.text
    assert "Traceback" not in answer.text
    said = capsys.readouterr()
    assert SECRET in said.out + said.err
    assert answer.headers["x-request-id"] in said.out + said.err


async def test_the_secret_of_a_link_is_not_logged(
    edge_client: MakeClient, capsys: pytest.CaptureFixture[str]
) -> None:
    await edge_client().get("/api/v1/invitations/a-very-secret-token")
    said = capsys.readouterr()
    assert "a-very-secret-token" not in said.out + said.err
    assert "/api/v1/invitations/{token}" in said.out + said.err


async def test_an_error_of_the_house_keeps_its_words(make_house: MakeHouse) -> None:
    answer = await make_house().get("/api/v1/odd/teapot")
    assert_problem(answer, 418, "tests.teapot")
    assert answer.json()["detail"] == "short and stout"
    assert answer.json()["spout"] == 1
    assert answer.headers["retry-after"] == "7"


async def test_what_will_pass_asks_to_try_again(make_house: MakeHouse) -> None:
    answer = await make_house().get("/api/v1/odd/away")
    assert_problem(answer, 503, "unavailable")
    assert answer.headers["retry-after"] == "1"


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/api/v1/nowhere", 404, "not_found"),
        ("POST", "/api/v1/nowhere", 404, "not_found"),
        ("GET", "/api", 404, "not_found"),
        ("GET", "/api/v1/odd/things/", 404, "not_found"),
        ("GET", "/api/v1/odd/%00", 404, "not_found"),
        ("GET", "/api/%2e%2e/etc/passwd", 404, "not_found"),
        ("DELETE", "/api/v1/odd/things", 405, "method_not_allowed"),
        ("BREW", "/api/v1/odd/things", 405, "method_not_allowed"),
        ("GET", f"/api/v1/odd/things?q={'x' * 9000}", 414, "uri_too_long"),
    ],
)
async def test_unknown_paths_and_methods_are_problems(
    make_house: MakeHouse, method: str, path: str, status: int, code: str
) -> None:
    # A browser that asks the API gets a problem too, never the web app.
    answer = await make_house().request(method, path, headers={"Accept": "text/html"})
    assert_problem(answer, status, code)
    assert ("allow" in answer.headers) == (status == 405)


async def test_a_wrong_method_hears_of_all_the_right_ones(make_house: MakeHouse) -> None:
    answer = await make_house().put("/api/v1/odd/things")
    assert answer.headers["allow"] == "GET, POST"


async def test_a_fixed_word_is_not_taken_for_an_id(make_house: MakeHouse) -> None:
    answer = await make_house().get("/api/v1/odd/things/fixed")
    assert_problem(answer, 405, "method_not_allowed")
    assert answer.headers["allow"] == "POST"
    assert_problem(await make_house().get("/api/v1/odd/things/other"), 422, "invalid_input")


async def test_a_request_may_bring_its_own_sane_name(make_house: MakeHouse) -> None:
    client = make_house()
    named = await client.get("/livez", headers={"X-Request-Id": "trace-12345678"})
    assert named.headers["x-request-id"] == "trace-12345678"
    for bad in ("short", "x" * 65, 'quote"quote', "a b c d e f g h"):
        answer = await client.get("/livez", headers={"X-Request-Id": bad})
        assert re.fullmatch(r"[0-9a-f]{32}", answer.headers["x-request-id"]), bad


async def test_every_answer_is_guarded(make_house: MakeHouse) -> None:
    client = make_house()
    for path in ("/livez", "/api/v1/odd/things", "/api/v1/odd/broken", "/api/v1/nowhere"):
        headers = (await client.get(path)).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"
        assert headers["cache-control"] == "no-store"
        assert headers["content-security-policy"].startswith("default-src 'none'")
        assert "strict-transport-security" not in headers
    secure = await make_house(public_url="https://vectal.example").get("/livez")
    assert "max-age" in secure.headers["strict-transport-security"]


async def test_a_late_answer_is_given_up(make_house: MakeHouse) -> None:
    answer = await make_house(request_timeout_s=0.05).get("/api/v1/odd/late")
    assert_problem(answer, 504, "deadline_exceeded")


async def test_a_stream_may_take_longer_than_a_request(make_house: MakeHouse) -> None:
    answer = await make_house(request_timeout_s=0.1).get("/api/v1/odd/stream")
    assert answer.text == "data: 0\n\ndata: 1\n\ndata: 2\n\n"


async def test_a_torn_stream_tells_nothing(make_app: MakeApp) -> None:
    sent: list[Message] = []

    async def receive() -> Message:
        await asyncio.Event().wait()
        return {}

    async def send(message: Message) -> None:
        sent.append(message)

    scope: Scope = {
        "type": "http",
        "method": "GET",
        "path": "/api/v1/odd/torn",
        "query_string": b"",
        "headers": [],
        "client": ("127.0.0.1", 1),
    }
    await make_app()(scope, receive, send)
    # No end of the body: the server closes the connection, and the client knows it was torn.
    assert [message.get("more_body") for message in sent] == [None, True]
    assert SECRET not in str(sent)


async def test_a_drain_lets_finish_what_has_begun(make_house: MakeHouse) -> None:
    drain = Drain()
    client = make_house(drain=drain)
    assert (await client.get("/readyz")).json() == {
        "ready": True,
        "draining": False,
        "degraded": False,
        "parts": {"database": True},
    }
    running = asyncio.create_task(client.get("/api/v1/odd/stream"))
    await asyncio.sleep(0)
    assert drain.in_flight == 1
    drain.begin()
    assert not await drain.wait_idle(0.01)
    not_ready = await client.get("/readyz")
    assert (not_ready.status_code, not_ready.json()["draining"]) == (503, True)
    assert (await client.get("/livez")).headers["connection"] == "close"
    assert await drain.wait_idle(10)
    assert (await running).text.endswith("data: 2\n\n")

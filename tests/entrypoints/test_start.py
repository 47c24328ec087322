"""A server answers calls of models first, and loads the rest of the house beside them."""

import asyncio
import importlib.util
import subprocess
import sys

import httpx2
import pytest

from vectal.entrypoints.front import Front, answering, open_front
from vectal.entrypoints.house import House
from vectal.gateway.drain import Drain
from vectal.gateway.lobby import Lobby
from vectal.platform.config import Settings
from vectal.platform.embedded.errors import OperatorError

LATER = {
    "aiosmtplib", "alembic", "cryptography.x509", "fastapi", "genai_prices", "icalendar",
    "joserfc", "numpy", "pydantic_ai", "snowballstemmer", "tokenizers", "vectal.agents",
    "vectal.ai.context", "vectal.ai.prompts", "vectal.ai.providers.simulated.brain",
    "vectal.ai.providers.simulated.instances", "vectal.ai.providers.simulated.obedience",
    "vectal.ai.service.ai_service", "vectal.ai.service.providers", "vectal.ai.usage.price_table",
    "vectal.auth.access_tokens", "vectal.calendar", "vectal.chat", "vectal.documents.service",
    "vectal.entrypoints.bootstrap", "vectal.files", "vectal.gateway.app",
    "vectal.platform.crypto.words", "vectal.platform.events.consumers",
    "vectal.platform.events.feed", "vectal.platform.events.relay", "vectal.research",
    "vectal.tasks", "websockets",
}  # fmt: skip
"""What no call of a model needs. Whoever finds one of them here: import it where it is used."""

_LISTEN = """
import asyncio, sys
import vectal.entrypoints.cli, vectal.entrypoints.commands.serve
from vectal.entrypoints import serve, stopping

class Loaded(serve.House):
    async def keep(self):
        print(*sys.modules)

serve.House = Loaded
vectal.entrypoints.commands.serve.command()
"""
"""A server that ends when it would begin to load the house."""


def test_what_calls_do_not_need_is_not_loaded_before_them(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither by what is imported nor by what is done until the server listens."""
    assert settings.database_url is not None
    monkeypatch.setenv("VECTAL_DATABASE_URL", settings.database_url.get_secret_value())
    monkeypatch.setenv("VECTAL_DATA_DIR", str(settings.data_dir))
    monkeypatch.setenv("VECTAL_PORT", "0")
    said = subprocess.check_output([sys.executable, "-c", _LISTEN], text=True)  # noqa: S603 - ours
    assert "vectal.entrypoints.front" in said
    assert sorted(LATER & set(said.split())) == []


@pytest.mark.parametrize("name", sorted(LATER))
def test_what_is_loaded_later_exists(name: str) -> None:
    """Else the test above would look for nothing."""
    assert importlib.util.find_spec(name) is not None


def _client(lobby: Lobby) -> httpx2.AsyncClient:
    return httpx2.AsyncClient(transport=httpx2.ASGITransport(lobby), base_url="http://127.0.0.1")


async def _call(http: httpx2.AsyncClient) -> httpx2.Response:
    headers = {"authorization": "Bearer vct_nobody"}
    return await http.post("/v1/chat/completions", json={"model": "none"}, headers=headers)


def _rooms(front: Front) -> tuple[Lobby, House]:
    drain = Drain()
    lobby = Lobby(front, front.settings, drain=drain)
    return lobby, House(front, lobby, drain)


async def test_calls_are_answered_at_once_and_all_else_once_the_house_is_open(
    settings: Settings,
) -> None:
    async with open_front(settings) as front, answering(front):
        lobby, house = _rooms(front)
        async with _client(lobby) as http:
            ready = asyncio.create_task(http.get("/readyz"))
            before = await _call(http)
            assert before.status_code == 401
            assert before.json()["error"]["code"] == "auth.unauthenticated"
            await asyncio.sleep(0.1)
            assert not ready.done(), "ready before it is"
            kept = asyncio.create_task(house.keep())
            assert (await ready).status_code == 200
            after = await _call(http)
            assert (after.status_code, after.json()["error"]) == (401, before.json()["error"])
            assert (await http.get("/api/v1/tasks")).status_code == 401
        house.leave()
        await kept


async def test_a_server_that_stops_while_it_loads_opens_nothing(settings: Settings) -> None:
    async with open_front(settings) as front:
        lobby, house = _rooms(front)
        house.leave()
        await house.drain(0.0)
        await house.keep()
        async with _client(lobby) as http:
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(http.get("/livez"), 0.1)


async def test_a_house_that_cannot_be_opened_says_so(settings: Settings) -> None:
    wrong = settings.model_copy(update={"embedding_model": "gpt-4.1"})
    async with open_front(wrong) as front:
        _, house = _rooms(front)
        with pytest.raises(OperatorError, match="EMBEDDING"):
            await house.keep()

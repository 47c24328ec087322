"""What supervisors and Prometheus see."""

from types import SimpleNamespace

import httpx2
from tests.fixtures.apps import app_over
from tests.gateway.conftest import MakeHouse

from vectal.platform.config import Settings
from vectal.platform.db import Database


async def test_metrics_are_for_near_ones(make_house: MakeHouse) -> None:
    near = make_house()
    await near.get("/api/v1/odd/things")
    answer = await near.get("/metrics")
    assert answer.status_code == 200
    assert 'operation="list_things",status="200"' in answer.text
    far = await make_house(client=("203.0.113.9", 1)).get("/metrics")
    assert (far.status_code, far.json()["code"]) == (404, "not_found")


async def test_a_house_without_its_database_lives_but_is_not_ready(settings: Settings) -> None:
    database = Database("postgresql://nobody@127.0.0.1:1/none")
    app = app_over(SimpleNamespace(database=database, keyring=None), settings)
    transport = httpx2.ASGITransport(app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        assert (await client.get("/livez")).text == "ok"
        answer = await client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json() == {
        "ready": False,
        "degraded": False,
        "draining": False,
        "parts": {"database": False},
    }
    await database.close()

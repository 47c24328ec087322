"""Someone at home in the whole house, with a client of hers."""

from collections.abc import AsyncGenerator
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI
from tests.fixtures.accounts import Person, people_of

from vectal.entrypoints.services import Services


@pytest.fixture
async def visitor(house_services: Services) -> Person:
    make = people_of(house_services.database, house_services.accounts, house_services.auth)
    return await make()


@pytest.fixture
async def api(house_app: FastAPI, visitor: Person) -> AsyncGenerator[httpx2.AsyncClient]:
    async with httpx2.AsyncClient(
        transport=httpx2.ASGITransport(house_app),
        base_url="http://127.0.0.1:8484/api/v1",
        headers=visitor.headers,
    ) as client:
        yield client


Facets = dict[str, dict[str, Any]]


async def find(api: httpx2.AsyncClient, q: str, **more: Any) -> Facets:
    """The facets of a search, by kind."""
    answer = await api.get("/search", params={"q": q, **more})
    assert answer.status_code == 200, answer.text
    return {each["kind"]: each for each in answer.json()["facets"]}

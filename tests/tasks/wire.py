"""Asking the REST surface, for the tests of this folder."""

from typing import Any

import httpx2

API = "/api/v1"


async def post(client: httpx2.AsyncClient, path: str, body: object, **headers: str) -> Any:
    answer = await client.post(f"{API}{path}", json=body, headers=headers)
    assert answer.status_code in {200, 201}, answer.text
    return answer.json()


async def titles(api: httpx2.AsyncClient, **params: str) -> list[str]:
    page = (await api.get(f"{API}/tasks", params=params)).json()
    return [task["title"] for task in page["items"]]

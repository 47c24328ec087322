"""Over REST and the real database: everything that holds the words, as the one who asks sees it."""

from collections.abc import AsyncIterator

import httpx2
import pytest
from tests.fixtures.accounts import Person, people_of
from tests.search.conftest import find

from vectal.ai.contracts import AUTO
from vectal.auth.principal import Principal
from vectal.chat.contracts import TurnRequest
from vectal.entrypoints.services import Services
from vectal.files.contracts import UploadDraft, Visibility

PAGE = b"# Hall two\n\nThe turbine must rest for an hour. " + b"Nothing else is said here. " * 40
EVERYTHING = ["task", "event", "project", "conversation", "file", "passage"]


async def _bytes() -> AsyncIterator[bytes]:
    yield PAGE


async def _store(
    services: Services, principal: Principal, visibility: Visibility = "private"
) -> None:
    draft = UploadDraft("Turbine manual.md", len(PAGE), None, visibility)
    file = await services.files.store(principal, draft, _bytes())
    await services.documents.pipeline.run(principal, file.id, file.number)


async def _say(services: Services, principal: Principal, text: str) -> None:
    made = await services.chat.conversations.create(principal, title="Matters")
    request = TurnRequest(text=text, mode="ask", choice=AUTO)
    started = await services.chat.turns.start(principal, made.id, request)
    async for _ in services.chat.turns.follow(principal, started.turn.id, after=0):
        pass


@pytest.fixture
async def furnished(
    house_services: Services, visitor: Person, api: httpx2.AsyncClient
) -> httpx2.AsyncClient:
    """One thing of each kind that speaks of a turbine."""
    for path, body in (
        ("/tasks", {"title": "Grease the turbine"}),
        ("/calendar/events", {"title": "Look at the turbine", "starts_on": "2027-03-01"}),
        ("/projects", {"name": "Turbine hall"}),
    ):
        assert (await api.post(path, json=body)).status_code == 201
    await _say(house_services, visitor.principal, "Is the turbine quiet now?")
    await _store(house_services, visitor.principal)
    return api


async def test_one_question_finds_every_kind(furnished: httpx2.AsyncClient) -> None:
    facets = await find(furnished, "turbine")
    assert list(facets) == EVERYTHING
    assert {each["state"] for each in facets.values()} == {"searched"}
    titles = {kind: [hit["title"] for hit in facet["hits"]] for kind, facet in facets.items()}
    assert titles["task"] == ["Grease the turbine"]
    assert titles["event"] == ["Look at the turbine"]
    assert titles["project"] == ["Turbine hall"]
    assert titles["conversation"][0] == "Matters"
    assert titles["file"] == titles["passage"] == ["Turbine manual.md"]
    (passage,) = facets["passage"]["hits"]
    assert "turbine must rest" in passage["snippet"]
    assert (passage["spot"]["number"], passage["spot"]["page"]) == (1, 1)
    assert passage["id"] == facets["file"]["hits"][0]["id"]
    assert facets["conversation"]["hits"][0]["message_id"]


async def test_facets_can_be_chosen_and_paged(api: httpx2.AsyncClient) -> None:
    for number in range(3):
        await api.post("/tasks", json={"title": f"Rotor {number}"})
    facets = await find(api, "rotor", kind=["task", "file"], limit=2)
    assert list(facets) == ["task", "file"]
    first = facets["task"]
    rest = (await find(api, "rotor", kind="task", limit=2, cursor=first["next_cursor"]))["task"]
    assert len(first["hits"]) == 2
    assert {hit["title"] for hit in first["hits"] + rest["hits"]} == {
        "Rotor 0", "Rotor 1", "Rotor 2",
    }  # fmt: skip
    assert rest["next_cursor"] is None


async def test_what_is_over_says_so(api: httpx2.AsyncClient) -> None:
    task = (await api.post("/tasks", json={"title": "Paint the stator"})).json()
    done = await api.patch(
        f"/tasks/{task['id']}", json={"status": "done"}, headers={"If-Match": '"1"'}
    )
    assert done.status_code == 200, done.text
    (hit,) = (await find(api, "stator", kind="task"))["task"]["hits"]
    assert hit["is_closed"] is True


async def test_others_find_what_is_shared_and_nothing_more(
    house_services: Services, furnished: httpx2.AsyncClient, visitor: Person
) -> None:
    make = people_of(house_services.database, house_services.accounts, house_services.auth)
    colleague = await make(workspace_id=visitor.workspace_id)
    facets = await find(furnished, "turbine")
    assert all(facet["hits"] for facet in facets.values())
    answer = await furnished.get("/search", params={"q": "turbine"}, headers=colleague.headers)
    found = {each["kind"]: len(each["hits"]) for each in answer.json()["facets"]}
    expected = {"task": 1, "event": 0, "project": 1, "conversation": 0, "file": 0, "passage": 0}
    assert found == expected
    stranger = await make()
    answer = await furnished.get("/search", params={"q": "turbine"}, headers=stranger.headers)
    assert not any(each["hits"] for each in answer.json()["facets"])


@pytest.mark.parametrize("q", ["%", "_", "!!", "\\", "'; DROP TABLE tasks; --", "zq " * 60, "…"])
async def test_odd_words_are_words(furnished: httpx2.AsyncClient, q: str) -> None:
    facets = await find(furnished, q)
    assert not any(facet["hits"] for facet in facets.values()), facets
    assert {each["state"] for each in facets.values()} == {"searched"}


@pytest.mark.parametrize(
    "params",
    [
        {},
        {"q": ""},
        {"q": "  "},
        {"q": "a\x00b"},
        {"q": "a" * 201},
        {"q": "a", "kind": "secret"},
        {"q": "a", "limit": 0},
        {"q": "a", "cursor": "x"},
        {"q": "a", "kind": "task", "cursor": "x"},
        {"q": "a", "kind": "passage", "cursor": "x"},
    ],
)
async def test_broken_questions_are_refused(
    api: httpx2.AsyncClient, params: dict[str, str]
) -> None:
    answer = await api.get("/search", params=params)
    assert answer.status_code == 422, answer.text
    assert answer.headers["content-type"] == "application/problem+json"

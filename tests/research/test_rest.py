"""Research by REST, in the whole house; a worker's part is played by the service."""

from collections.abc import Mapping
from dataclasses import replace
from uuid import UUID

import httpx2
import pypdfium2
import pytest
from tests.fixtures.accounts import MakeUser, Person, people_of
from tests.fixtures.apps import app_over

from vectal.entrypoints.services import Services
from vectal.platform.clock import utc_now
from vectal.platform.config import Settings
from vectal.research.contracts import Claim, Notice, Reason, Report, Source
from vectal.research.repository import researches

QUESTION = "Wie lang ist die Kündigungsfrist für Wohnungen in Aldorf?"
REPORT = Report(
    body="## Antwort\n\nDrei **Monate**. [1]\n\n- Σ und Привет [1][2]",
    written_by="model",
    model="a-model",
    sources=(
        Source(1, "https://alpha.test/a?b=1&c=2", "Alpha *law*", "alpha.test", weight=0.5,
               reasons=(Reason("alone", "No other site says the same."),)),
        Source(2, "https://beta.test/", "", "beta.test", is_read=False),
    ),
    claims=(Claim("Drei Monate.", "unsupported", "The cited source does not hold its numbers."),),
    notices=(Notice("pages_unread", "1 of 2 pages could not be read."),),
    queries=("frist aldorf",),
    engines=("searxng",),
)  # fmt: skip


@pytest.fixture
def make_resident(house_services: Services) -> MakeUser:
    """People whose tokens the house itself has signed."""
    return people_of(house_services.database, house_services.accounts, house_services.auth)


@pytest.fixture
async def person(make_resident: MakeUser) -> Person:
    return await make_resident()


async def begin(
    client: httpx2.AsyncClient,
    person: Person,
    headers: Mapping[str, str] | None = None,
    **more: object,
) -> httpx2.Response:
    return await client.post(
        "/api/v1/research",
        json={"question": QUESTION, **more},
        headers={**person.headers, **(headers or {})},
    )


async def end(services: Services, person: Person, research_id: str) -> None:
    """What a worker writes when a research is done."""
    scope, seals = person.principal, services.research.researches.seals
    async with services.database.transaction(scope) as session:
        sealed = await seals.seal_report(session, scope, UUID(research_id), REPORT)
        ended = {"state": "done", "stage": "done", "ended_at": utc_now()}
        await researches.end(session, scope, UUID(research_id), sealed_report=sealed, **ended)


async def test_one_key_begins_one_research(
    house_client: httpx2.AsyncClient, person: Person
) -> None:
    key = {"Idempotency-Key": "once"}
    first = await begin(house_client, person, headers=key, depth="quick", pages=3)
    again = await begin(house_client, person, headers=key, depth="quick", pages=3)
    assert first.status_code == again.status_code == 202
    assert first.json() == again.json()
    assert first.json()["limits"]["pages"] == 3
    assert first.json()["limits"]["searches"] == 4
    listed = await house_client.get("/api/v1/research", headers=person.headers)
    assert [each["id"] for each in listed.json()["items"]] == [first.json()["id"]]


async def test_lists_are_paged(house_client: httpx2.AsyncClient, person: Person) -> None:
    begun = [(await begin(house_client, person)).json()["id"] for _ in range(3)]
    seen: list[str] = []
    cursor: str | None = None
    while True:
        params = {"limit": "2", **({"cursor": cursor} if cursor else {})}
        page = await house_client.get("/api/v1/research", params=params, headers=person.headers)
        seen += [each["id"] for each in page.json()["items"]]
        cursor = page.json()["next_cursor"]
        if cursor is None:
            break
    assert seen == begun[::-1]


@pytest.mark.parametrize(
    "wrong",
    [{"question": ""}, {"pages": 0}, {"cost_usd": -1}, {"depth": "abyss"}, {"more": 1},
     {"question": "a\u0000bcd"}, {"tokens": 10**9}],
)  # fmt: skip
async def test_what_can_not_be_taken_is_refused(
    house_client: httpx2.AsyncClient, person: Person, wrong: dict[str, object]
) -> None:
    answer = await begin(house_client, person, None, **wrong)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"


async def test_a_report_comes_in_three_forms(
    house_client: httpx2.AsyncClient, house_services: Services, person: Person
) -> None:
    research_id = (await begin(house_client, person)).json()["id"]
    address = f"/api/v1/research/{research_id}/report"
    early = await house_client.get(address, headers=person.headers)
    assert (early.status_code, early.json()["code"]) == (409, "research.no_report")
    await end(house_services, person, research_id)

    body = (await house_client.get(address, headers=person.headers)).json()
    assert body["is_untrusted"]
    assert body["body"] == REPORT.body
    assert body["claims"][0]["standing"] == "unsupported"

    wish = {**person.headers, "Accept": "text/markdown"}
    markdown = await house_client.get(address, headers=wish)
    assert markdown.headers["content-type"] == "text/markdown; charset=utf-8"
    assert "[\\[1\\]](<https://alpha.test/a?b=1&c=2>)" in markdown.text
    assert "Alpha \\*law\\*" in markdown.text
    assert "could not be supported" in markdown.text
    file = await house_client.get(f"{address}.md", headers=person.headers)
    assert file.text == markdown.text

    pdf = await house_client.get(f"{address}.pdf", headers=person.headers)
    assert pdf.headers["content-type"] == "application/pdf"
    assert "attachment" in pdf.headers["content-disposition"]
    document = pypdfium2.PdfDocument(pdf.content)
    text = "".join(page.get_textpage().get_text_range() for page in document)
    assert "Kündigungsfrist" in text
    assert "Привет" in text
    assert "could not be supported" in text
    document.close()

    none = await house_client.get(address, headers={**person.headers, "Accept": "image/png"})
    assert none.status_code == 406


async def test_cancelled_twice_is_a_conflict(
    house_client: httpx2.AsyncClient, person: Person
) -> None:
    research_id = (await begin(house_client, person)).json()["id"]
    address = f"/api/v1/research/{research_id}/cancel"
    first = await house_client.post(address, headers=person.headers)
    assert first.json()["state"] == "cancelled"
    second = await house_client.post(address, headers=person.headers)
    assert (second.status_code, second.json()["code"]) == (409, "research.not_under_way")


async def test_what_is_deleted_is_gone_with_its_steps(
    house_client: httpx2.AsyncClient, house_services: Services, person: Person
) -> None:
    research_id = (await begin(house_client, person)).json()["id"]
    address = f"/api/v1/research/{research_id}"
    early = await house_client.delete(address, headers=person.headers)
    assert (early.status_code, early.json()["code"]) == (409, "research.under_way")
    await house_client.post(f"{address}/cancel", headers=person.headers)
    gone = await house_client.delete(address, headers=person.headers)
    assert gone.status_code == 204
    for path in ("", "/report"):
        answer = await house_client.get(address + path, headers=person.headers)
        assert (answer.status_code, answer.json()["code"]) == (404, "research.not_found")
    again = await house_client.delete(address, headers=person.headers)
    assert again.status_code == 404
    async with house_services.database.read(person.principal) as session:
        connection = await session.connection()
        left = await connection.fetchval(
            "SELECT count(*) FROM research_steps WHERE research_id = $1", UUID(research_id)
        )
    assert left == 0


async def test_a_colleague_sees_nothing_of_it(
    house_client: httpx2.AsyncClient, make_resident: MakeUser, person: Person
) -> None:
    research_id = (await begin(house_client, person)).json()["id"]
    colleague = await make_resident(workspace_id=person.workspace_id)
    for path in ("", "/report", "/report.pdf"):
        answer = await house_client.get(
            f"/api/v1/research/{research_id}{path}", headers=colleague.headers
        )
        assert answer.status_code == 404
    listed = await house_client.get("/api/v1/research", headers=colleague.headers)
    assert listed.json()["items"] == []


async def test_without_an_engine_it_says_so(house_services: Services, person: Person) -> None:
    bare = replace(house_services.research.researches, engines=())
    without = replace(house_services, research=replace(house_services.research, researches=bare))
    app = app_over(without, Settings())
    transport = httpx2.ASGITransport(app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://127.0.0.1:8484") as client:
        status = await client.get("/api/v1/research/status", headers=person.headers)
        assert (status.json()["is_ready"], status.json()["engines"]) == (False, [])
        assert status.json()["depths"]["quick"] == {
            "searches": 4,
            "pages": 6,
            "tokens": 40_000,
            "cost_usd": 0.1,
            "seconds": 300,
            "rounds": 1,
        }
        answer = await begin(client, person)
    assert (answer.status_code, answer.json()["code"]) == (409, "research.no_engine")
    assert "VECTAL_SEARCH_URL" in answer.json()["detail"]

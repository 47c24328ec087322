"""The doors: what is asked for and shown, and that no door tells a token to anybody."""

from __future__ import annotations

import json
from typing import Any

import httpx2
import pytest
from tests.fixtures.accounts import Person, people_of

from vectal.agents import entries
from vectal.agents.contracts import NewRun
from vectal.agents.run import RunState
from vectal.entrypoints.services import Services
from vectal.notifications.repository import links, mails
from vectal.notifications.service.sending import hash_of
from vectal.platform.clock import utc_now
from vectal.platform.ids import new_id

SHA256 = "a" * 64
HEADER = "Vectal-Approval-Token"
LINK = "/api/v1/approval-link"


@pytest.fixture
async def ada(house_services: Services) -> Person:
    services = house_services
    return await people_of(services.database, services.accounts, services.auth)()


async def _ask_approval(services: Services, person: Person) -> None:
    """A run whose journal says that it waits for a yes, and its person told."""
    me = person.principal
    run, _ = await services.agents.runs.create(me, NewRun("Write to Bea."))
    asked = entries.ApprovalAsked(
        at=utc_now(), approval_id=new_id(), call_id="call", tool="send", title="Send it",
        arguments='{"to": "Bea"}', sha256=SHA256, why="It reaches outside.",
        expires_at=utc_now().replace(year=2100),
    )  # fmt: skip
    async with services.database.transaction(me) as session:
        await services.agents.journal.add(session, me, run.id, [asked], after=run.last_seq)
        connection = await session.connection()
        await connection.execute(
            "UPDATE agent_runs SET state = 'waiting_for_approval', last_seq = last_seq + 1"
            " WHERE id = $1",
            run.id,
        )
    await services.notifications.telling.react(me, run.id, RunState.WAITING_FOR_APPROVAL)


async def _link(services: Services, person: Person) -> str:
    """The token of a mail about the newest notification."""
    me, mail_id = person.principal, new_id()
    page = await services.notifications.inbox.list_notifications(me, unread=True, limit=1)
    told, token = page.items[0], services.auth.link_token(me.user_id, mail_id)
    waiting = await services.agents.runs.find_waiting(me, told.run_id)
    assert waiting is not None
    async with services.database.transaction(me) as session:
        await mails.add(session, me, mail_id, told.id)
        await links.put(
            session, me, mail_id, hash_of(token), run_id=told.run_id,
            approval_id=waiting.approvals[0].id, sha256=SHA256, session_epoch=1,
            expires_at=waiting.approvals[0].expires_at,
        )  # fmt: skip
    return token


async def test_what_one_is_told_and_reads(
    house_services: Services, house_client: httpx2.AsyncClient, ada: Person
) -> None:
    await _ask_approval(house_services, ada)

    async def ask(method: str, path: str, **given: Any) -> Any:
        answer = await house_client.request(
            method, f"/api/v1/notifications{path}", headers=ada.headers, **given
        )
        assert answer.status_code in (200, 204), answer.text
        return answer.json() if answer.content else None

    assert await ask("GET", "/unread") == {"unread": 1}
    (told,) = (await ask("GET", ""))["items"]
    assert (told["kind"], told["title"], told["mail"]) == ("approval", "Write to Bea.", None)
    await ask("POST", f"/{told['id']}/read")
    assert await ask("GET", "/unread") == {"unread": 0}
    assert (await ask("GET", "?unread=true"))["items"] == []
    await ask("POST", "/read")
    settings = await ask("GET", "/preferences")
    assert (settings["sender"], settings["dead"]) == (None, 0)
    wanted = {**settings["mails"], "failed": False}
    assert (await ask("PUT", "/preferences", json=wanted))["mails"] == wanted


async def test_a_link_is_looked_at_and_decides(
    house_services: Services,
    house_client: httpx2.AsyncClient,
    ada: Person,
    capsys: pytest.CaptureFixture[str],
) -> None:
    await _ask_approval(house_services, ada)
    token = await _link(house_services, ada)
    headers = {HEADER: token}
    for method in ("GET", "HEAD", "GET"):
        looked = await house_client.request(method, LINK, headers=headers)
        assert looked.status_code == (405 if method == "HEAD" else 200)
    shown = (await house_client.get(LINK, headers=headers)).json()
    assert json.loads(shown["arguments"]) == {"to": "Bea"}
    body = {"approved": False, "sha256": shown["sha256"]}
    decided = await house_client.post(f"{LINK}/decision", headers=headers, json=body)
    assert decided.status_code == 204
    assert decided.headers["cache-control"] == "no-store"
    again = await house_client.post(f"{LINK}/decision", headers=headers, json=body)
    never = await house_client.get(LINK, headers={HEADER: "never"})
    assert again.status_code == never.status_code == 404
    assert again.json()["code"] == never.json()["code"] == "notifications.link_invalid"
    assert again.json()["detail"] == never.json()["detail"]
    logged = capsys.readouterr()
    assert token not in logged.out + logged.err
    run = await house_services.agents.runs.get(ada.principal, shown_run(shown))
    assert run.state is RunState.QUEUED


def shown_run(shown: dict[str, Any]) -> Any:
    return shown["run_id"]


async def test_a_decision_names_the_arguments(house_client: httpx2.AsyncClient) -> None:
    for body in ({"approved": True}, {"approved": 1, "sha256": SHA256}, {}):
        answer = await house_client.post(f"{LINK}/decision", headers={HEADER: "x"}, json=body)
        assert answer.status_code == 422

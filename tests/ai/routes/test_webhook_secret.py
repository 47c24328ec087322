"""The webhook's secret: made, rotated, kept sealed; and what the judge can check with it."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncGenerator, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import httpx2
import msgspec
import pytest
from sqlalchemy import text
from tests.ai.conftest import Stage
from tests.ai.routes.conftest import MakeApi
from tests.fixtures.accounts import MakeUser, Person
from tests.platform.http.peer import Peer, Seen, reply, running_peer

from vectal.accounts.contracts import Role
from vectal.ai.catalog.spec import ModelsFile
from vectal.ai.guardrails.contracts import GuardrailRules
from vectal.ai.guardrails.guard import JudgeFailedError
from vectal.ai.service.guardrail_webhook import WebhookJudge
from vectal.ai.service.reach import ReachReader
from vectal.platform.clock import FixedClock, SystemClock
from vectal.platform.crypto import Keyring
from vectal.platform.db import Database
from vectal.platform.http import HttpClient
from vectal.platform.http.guard import EgressGuard
from vectal.platform.http.ledger import EgressLedger

PATH = "ai/webhook-secret"
NONE = {"made_at": None, "old_signs_until": None}
GUIDE = Path(__file__).parents[3] / "docs/guides/gateway.md"
SECRET = re.compile(r"whsec_[A-Za-z0-9+/]{43}=")
IsGenuine = Callable[[str, dict[str, str], bytes], bool]


def _snippet() -> str:
    """The check as the guide shows it."""
    chapter = GUIDE.read_text().split("### Signed requests to the webhook")[1]
    match = re.search(r"```python\n(.*?)```", chapter, re.DOTALL)
    assert match is not None
    return match[1]


@pytest.fixture
def is_genuine() -> IsGenuine:
    names: dict[str, Any] = {}
    exec(compile(_snippet(), str(GUIDE), "exec"), names)  # noqa: S102 - the guide's own words
    return cast("IsGenuine", names["is_genuine"])


@pytest.fixture
async def peer() -> AsyncGenerator[Peer]:
    async with running_peer() as made:
        made.answers["/judge"] = reply(
            b'{"allow": true}', headers={"Content-Type": "application/json"}
        )
        yield made


@pytest.fixture
async def judge(db: Database) -> AsyncGenerator[WebhookJudge]:
    client = HttpClient(EgressLedger(db), EgressGuard.parse(["127.0.0.1"]))
    yield WebhookJudge(client)
    await client.close()


@pytest.fixture
def reach(db: Database, keyring: Keyring, models_file: ModelsFile) -> ReachReader:
    return ReachReader(db, keyring, models_file, SystemClock())


async def _hook(api: httpx2.AsyncClient, peer: Peer) -> None:
    body = {"guardrails": {"webhook": {"url": peer.url("/judge")}}}
    assert (await api.put("ai/preferences", json=body)).status_code == 200


async def _asked(rules: GuardrailRules, judge: WebhookJudge, peer: Peer) -> Seen:
    """What the judge got of one question."""
    assert rules.webhook is not None
    assert await judge.allows(rules.webhook, "request", "Is this fine? Çok iyi.")
    return peer.seen[-1]


def test_the_check_is_short() -> None:
    assert len(_snippet().splitlines()) <= 9


async def test_a_judge_can_check_what_it_gets(
    api: httpx2.AsyncClient, person: Person, reach: ReachReader, judge: WebhookJudge, peer: Peer,
    is_genuine: IsGenuine,
) -> None:  # fmt: skip
    await _hook(api, peer)
    unsigned = await _asked(await _rules(reach, person), judge, peer)
    assert not [name for name in unsigned.headers if name.startswith("webhook-")]

    first = (await api.post(PATH)).json()["secret"]
    seen = await _asked(await _rules(reach, person), judge, peer)
    assert msgspec.json.decode(seen.body)["stage"] == "request"
    headers = dict(seen.headers)
    assert is_genuine(first, headers, seen.body)
    assert not is_genuine(first, headers, seen.body + b" ")
    assert not is_genuine(first, headers | {"webhook-id": "msg_other"}, seen.body)
    late = str(int(headers["webhook-timestamp"]) - 301)
    assert not is_genuine(first, headers | {"webhook-timestamp": late}, seen.body)

    second = (await api.post(PATH)).json()["secret"]
    again = await _asked(await _rules(reach, person), judge, peer)
    assert is_genuine(second, dict(again.headers), again.body)
    assert again.headers["webhook-id"] != headers["webhook-id"]


async def test_a_rotated_secret_signs_on_for_a_day(
    api: httpx2.AsyncClient, person: Person, db: Database, keyring: Keyring,
    models_file: ModelsFile, peer: Peer, is_genuine: IsGenuine, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    await _hook(api, peer)
    made = [(await api.post(PATH)).json() for _ in range(3)]
    assert made[0]["old_signs_until"] is None
    until = datetime.fromisoformat(made[2]["old_signs_until"])
    assert until - datetime.fromisoformat(made[2]["made_at"]) == timedelta(hours=24)
    assert (await api.get(PATH)).json()["old_signs_until"] == made[2]["old_signs_until"]
    secrets = [each["secret"] for each in made]

    clock = FixedClock(until - timedelta(seconds=1))
    client = HttpClient(EgressLedger(db), EgressGuard.parse(["127.0.0.1"]))
    judge, reach = WebhookJudge(client, clock), ReachReader(db, keyring, models_file, clock)
    monkeypatch.setattr("time.time", clock.now().timestamp)  # the receiver's clock
    rules = await _rules(reach, person)
    seen = await _asked(rules, judge, peer)
    assert [is_genuine(each, dict(seen.headers), seen.body) for each in secrets] == [
        False,  # two rotations ago
        True,
        True,
    ]
    assert len(seen.headers["webhook-signature"].split(" ")) == 2

    # The rules are remembered for a while: the hour is looked at with each request.
    clock.advance(2)
    late = await _asked(rules, judge, peer)
    again = await _asked(await _rules(reach, person), judge, peer)
    for each in (late, again):
        genuine = [is_genuine(secret, dict(each.headers), each.body) for secret in secrets]
        assert genuine == [False, False, True]
    await client.close()


async def test_of_two_rotations_at_once_each_keeps_a_secret_that_was_told(
    api: httpx2.AsyncClient, person: Person, reach: ReachReader, judge: WebhookJudge, peer: Peer,
    is_genuine: IsGenuine,
) -> None:  # fmt: skip
    await _hook(api, peer)
    await api.post(PATH)
    made = await asyncio.gather(api.post(PATH), api.post(PATH))
    seen = await _asked(await _rules(reach, person), judge, peer)
    for each in made:
        assert is_genuine(each.json()["secret"], dict(seen.headers), seen.body)


async def _rules(reach: ReachReader, person: Person) -> GuardrailRules:
    return (await reach.read(person.principal)).preferences.guardrails


async def test_a_secret_is_shown_once_and_kept_sealed(
    api: httpx2.AsyncClient, person: Person, reach: ReachReader, peer: Peer, db: Database
) -> None:
    assert (await api.get(PATH)).json() == NONE
    made = await api.post(PATH)
    assert made.status_code == 201
    assert made.headers["cache-control"] == "no-store"
    secret = made.json()["secret"]
    assert SECRET.fullmatch(secret)
    told = (await api.get(PATH)).json()
    assert told == {"made_at": made.json()["made_at"], "old_signs_until": None}
    assert datetime.fromisoformat(told["made_at"]).tzinfo == UTC

    # Saving preferences keeps it, and shows nothing of it.
    await _hook(api, peer)
    assert (await api.get(PATH)).json() == told
    assert secret not in (await api.get("ai/preferences")).text
    rules = await _rules(reach, person)
    assert rules.webhook is not None
    assert rules.webhook.key is not None
    assert "key" not in repr(rules)
    with pytest.raises(TypeError):
        msgspec.json.encode(rules)
    async with db.read(person.principal) as session:
        row = (await session.execute(text("SELECT * FROM ai_preferences"))).one()
    assert secret not in repr(row)
    assert row.guardrails["webhook"]["key"] is None


async def test_a_lost_secret_is_no_reason_to_send_unsigned(
    api: httpx2.AsyncClient, person: Person, reach: ReachReader, judge: WebhookJudge, peer: Peer,
    db: Database,
) -> None:  # fmt: skip
    await _hook(api, peer)
    await api.post(PATH)
    async with db.transaction(person.principal) as session:
        await session.execute(
            text("UPDATE ai_preferences SET sealed_webhook_secret = '\\x00'::bytea")
        )
    rules = await _rules(reach, person)
    assert rules.webhook is not None
    with pytest.raises(JudgeFailedError):
        await judge.allows(rules.webhook, "request", "Hi")
    assert peer.seen == []


async def test_secrets_of_workspaces_differ_and_members_make_none(
    stage: Stage, person: Person, make_user: MakeUser, make_api: MakeApi
) -> None:
    del stage
    stranger = make_api((await make_user()).headers)
    mine = (await make_api(person.headers).post(PATH)).json()["secret"]
    assert (await stranger.get(PATH)).json() == NONE
    assert (await stranger.post(PATH)).json()["secret"] != mine
    member = make_api((await make_user(workspace_id=person.workspace_id, role=Role.MEMBER)).headers)
    assert (await member.get(PATH)).status_code == 403
    assert (await member.post(PATH)).status_code == 403

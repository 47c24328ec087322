"""Sessions: listed, ended, and felt by every process within a second."""

import asyncio
from uuid import uuid4

import pytest
from sqlalchemy import text
from tests.fixtures.accounts import PASSWORD, MakeAuth, MakeClient, MakeKey, MakeUser, Person

from vectal.accounts.contracts import Role
from vectal.accounts.service import AccountService
from vectal.auth.contracts import Device
from vectal.auth.credentials import Credential
from vectal.auth.errors import SessionNotFoundError, UnauthenticatedError
from vectal.auth.service import AuthService
from vectal.auth.service.resolver import MAX_AGE_S
from vectal.auth.service.sessions import MAX_LIVE
from vectal.platform.db import Database

SESSIONS = "/api/v1/sessions"


async def test_sessions_are_listed_newest_first_in_pages(
    auth: AuthService, edge_client: MakeClient, person: Person
) -> None:
    for agent in ("Firefox", "curl"):
        device = Device("192.0.2.7", agent)
        await auth.sign_in.log_in(person.user.email, PASSWORD, device)
    client = edge_client(person)
    first = (await client.get(SESSIONS, params={"limit": 2})).json()
    assert [each["user_agent"] for each in first["items"]] == ["curl", "Firefox"]
    assert first["items"][0]["ip"] == "192.0.2.7"
    rest = (await client.get(SESSIONS, params={"cursor": first["next_cursor"]})).json()
    assert [each["current"] for each in rest["items"]] == [True]
    assert rest["next_cursor"] is None


async def test_a_revoked_session_is_refused_by_every_process_within_a_second(
    auth: AuthService, make_auth: MakeAuth, make_user: MakeUser
) -> None:
    person = await make_user()
    others = [make_auth() for _ in range(4)]
    token = Credential(person.access_token)
    for each in others:
        await each.authenticate(token)
    assert person.principal.session_id is not None
    await auth.sessions.revoke(person.principal, person.principal.session_id)
    await asyncio.sleep(MAX_AGE_S)
    for each in (auth, *others):
        with pytest.raises(UnauthenticatedError):
            await each.authenticate(token)


async def test_a_session_of_another_can_not_be_ended(
    auth: AuthService, make_user: MakeUser, person: Person
) -> None:
    theirs = await make_user()
    assert theirs.principal.session_id is not None
    for unknown in (theirs.principal.session_id, uuid4()):
        with pytest.raises(SessionNotFoundError):
            await auth.sessions.revoke(person.principal, unknown)
    await auth.authenticate(Credential(theirs.access_token))


async def test_all_other_devices_are_signed_out(
    auth: AuthService, edge_client: MakeClient, person: Person
) -> None:
    other = await auth.sign_in.log_in(person.user.email, PASSWORD, Device())
    client = edge_client(person)
    assert (await client.delete(SESSIONS)).status_code == 204
    assert len((await client.get(SESSIONS)).json()["items"]) == 1
    with pytest.raises(UnauthenticatedError):
        await auth.authenticate(Credential(other.access_token))


async def test_a_disabled_account_is_out_at_once_and_old_tokens_stay_worthless(
    accounts: AccountService, make_auth: MakeAuth, make_user: MakeUser
) -> None:
    person = await make_user()
    token = Credential(person.access_token)
    await accounts.people.set_disabled(person.user.email, disabled=True)
    with pytest.raises(UnauthenticatedError):
        await make_auth().authenticate(token)
    await accounts.people.set_disabled(person.user.email, disabled=False)
    with pytest.raises(UnauthenticatedError):
        await make_auth().authenticate(token)


async def test_the_oldest_session_makes_room(
    db: Database, auth: AuthService, make_user: MakeUser
) -> None:
    person = await make_user()
    async with db.system("tests.crowd") as session:
        for _ in range(MAX_LIVE):
            await auth.sessions.open(session, person.user, 1, Device())
    found = await auth.sessions.list_sessions(person.principal, limit=MAX_LIVE + 10)
    assert len(found.items) == MAX_LIVE
    assert person.principal.session_id not in {each.id for each in found.items}


async def test_still_valid_names_those_that_lost_their_right(
    accounts: AccountService,
    auth: AuthService,
    make_user: MakeUser,
    make_key: MakeKey,
) -> None:
    owner = await make_user()
    kept, revoked, removed, demoted, disabled = [
        await make_user(workspace_id=owner.workspace_id, role=Role.MEMBER) for _ in range(5)
    ]
    key = await make_key(owner)
    by_key = await auth.authenticate(Credential(key.text))
    everyone = [each.principal for each in (owner, kept, revoked, removed, demoted, disabled)]
    everyone.append(by_key)
    assert await auth.still_valid([]) == frozenset()
    assert await auth.still_valid(everyone) == frozenset()

    await auth.sessions.revoke(revoked.principal, revoked.principal.session_id or uuid4())
    await accounts.members.remove(owner.principal, removed.user.id)
    await accounts.members.change_role(owner.principal, demoted.user.id, Role.VIEWER)
    await accounts.people.set_disabled(disabled.user.email, disabled=True)
    await auth.keys.revoke(owner.principal, key.key.id)
    gone = {each.principal.session_id for each in (revoked, removed, demoted, disabled)}
    assert await auth.still_valid(everyone) == gone | {key.key.id}


async def test_an_ended_session_is_told_to_its_owner_alone(
    db: Database, auth: AuthService, make_user: MakeUser
) -> None:
    person = await make_user()
    await auth.sessions.revoke(person.principal, person.principal.session_id or uuid4())
    query = text("SELECT workspace_id, user_id, payload FROM outbox WHERE type = :type")
    async with db.system("tests.events") as session:
        rows = (await session.execute(query, {"type": "auth.session_revoked"})).all()
    mine = [row for row in rows if row.user_id == person.user.id]
    assert [row.payload["session_id"] for row in mine] == [str(person.principal.session_id)]
    assert mine[0].workspace_id.int == 0


async def test_old_sessions_are_forgotten(
    db: Database, auth: AuthService, make_auth: MakeAuth, make_user: MakeUser
) -> None:
    person = await make_user()
    age = text("UPDATE sessions SET revoked_at = now() - interval '31 days' WHERE id = :id")
    async with db.system("tests.age") as session:
        await session.execute(age, {"id": person.principal.session_id})
    assert await auth.sessions.purge() >= 1
    with pytest.raises(UnauthenticatedError):
        await make_auth().authenticate(Credential(person.access_token))

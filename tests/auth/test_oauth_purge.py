"""Permissions of programs that ended long ago are forgotten, and nothing else."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import text
from tests.fixtures.accounts import MakeUser, Person

from vectal.auth import repository_oauth as sql
from vectal.auth.contracts_oauth import OAuthClient, OAuthGrant
from vectal.auth.principal import Scope
from vectal.auth.service import AuthService
from vectal.platform.clock import utc_now
from vectal.platform.db import Database
from vectal.platform.ids import new_id

LONG_AGO = timedelta(days=100)
SOON = timedelta(days=3)


async def _client(db: Database, age: timedelta) -> OAuthClient:
    client = OAuthClient(new_id(), "Tester", ("http://127.0.0.1/back",), utc_now() - age)
    async with db.system("tests.oauth") as session:
        await sql.insert_client(session, client)
    return client


async def _grant(
    db: Database,
    person: Person,
    client: OAuthClient,
    *,
    expired: timedelta,
    revoked: timedelta | None = None,
) -> UUID:
    """One that expired so long ago; less than nothing is still to come."""
    now = utc_now()
    grant = OAuthGrant(
        id=new_id(),
        workspace_id=person.principal.workspace_id,
        user_id=person.user.id,
        client_id=client.id,
        scopes=(Scope.TASKS_READ,),
        redirect_uri=client.redirect_uris[0],
        created_at=now - LONG_AGO,
        refreshed_at=now - LONG_AGO,
        expires_at=now - expired,
        generation=0,
        redeemed_at=now - LONG_AGO,
        revoked_at=None,
        code_hash=new_id().bytes * 2,
        challenge="c" * 43,
    )
    async with db.system("tests.oauth") as session:
        await sql.insert_grant(session, grant)
        if revoked is not None:
            at = text("UPDATE oauth_grants SET revoked_at = :at WHERE id = :id")
            await session.execute(at, {"at": now - revoked, "id": grant.id})
    return grant.id


async def test_what_ended_long_ago_is_forgotten(
    db: Database, auth: AuthService, make_user: MakeUser
) -> None:
    person = await make_user()
    used, unused, new = [await _client(db, age) for age in (LONG_AGO, LONG_AGO, SOON)]
    live = await _grant(db, person, used, expired=-SOON)
    just_ended = await _grant(db, person, used, expired=-SOON, revoked=SOON)
    expired = await _grant(db, person, used, expired=LONG_AGO)
    revoked = await _grant(db, person, used, expired=-SOON, revoked=LONG_AGO)
    await auth.oauth.purge()
    async with db.system("tests.oauth") as session:
        grants = await sql.find_grants(session, [live, just_ended, expired, revoked])
        clients = await sql.find_clients(session, [used.id, unused.id, new.id])
    assert set(grants) == {live, just_ended}
    assert set(clients) == {used.id, new.id}

"""A key that was read before is compared with its rows, and read again when they were written."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.fixtures.accounts import MakeAuth, MakeKey, MakeUser, MakeWorkspace, Person

from vectal.accounts.contracts import Role
from vectal.accounts.errors import WorkspaceNotFoundError
from vectal.accounts.service import AccountService
from vectal.auth.credentials import Credential
from vectal.auth.errors import UnauthenticatedError
from vectal.auth.principal import Principal
from vectal.auth.service import AuthService
from vectal.auth.service.resolver import MAX_AGE_S
from vectal.platform.clock import FixedClock, utc_now


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(utc_now())


@pytest.fixture
def elsewhere(make_auth: MakeAuth, clock: FixedClock) -> AuthService:
    """Another process, which hears of no change."""
    return make_auth(clock)


async def _look(elsewhere: AuthService, clock: FixedClock, key: str) -> Principal:
    """Once what was known before is too old."""
    clock.advance(MAX_AGE_S + 0.01)
    return await elsewhere.authenticate(Credential(key))


async def test_a_key_that_nobody_touched_is_the_same(
    elsewhere: AuthService, clock: FixedClock, make_key: MakeKey, person: Person
) -> None:
    key = (await make_key(person)).text
    first = await _look(elsewhere, clock, key)
    again = await _look(elsewhere, clock, key)  # its first use was written down meanwhile
    assert again == first
    for _ in range(3):
        assert await _look(elsewhere, clock, key) is again
        assert elsewhere.find_now(Credential(key)) is again


async def test_what_its_person_may_is_seen(
    accounts: AccountService,
    elsewhere: AuthService,
    clock: FixedClock,
    make_user: MakeUser,
    make_key: MakeKey,
    person: Person,
) -> None:
    member = await make_user(workspace_id=person.workspace_id, role=Role.MEMBER)
    key = (await make_key(member)).text
    for role in (Role.MEMBER, Role.VIEWER, Role.ADMIN):
        await accounts.members.change_role(person.principal, member.user.id, role)
        for _ in range(2):
            assert (await _look(elsewhere, clock, key)).role is role
    await accounts.members.remove(person.principal, member.user.id)
    with pytest.raises((UnauthenticatedError, WorkspaceNotFoundError)):
        await _look(elsewhere, clock, key)


async def test_another_membership_is_seen_too(
    make_workspace: MakeWorkspace,
    elsewhere: AuthService,
    clock: FixedClock,
    make_key: MakeKey,
    person: Person,
) -> None:
    key = (await make_key(person)).text
    before = await _look(elsewhere, clock, key)
    await make_workspace(person.principal)
    assert await _look(elsewhere, clock, key) == before


async def test_a_key_that_ends_is_seen(
    auth: AuthService,
    elsewhere: AuthService,
    clock: FixedClock,
    make_key: MakeKey,
    person: Person,
) -> None:
    revoked, shortened = [await make_key(person) for _ in range(2)]
    for each in (revoked, shortened):
        await _look(elsewhere, clock, each.text)
    await auth.keys.revoke(person.principal, revoked.key.id)
    with pytest.raises(UnauthenticatedError):
        await _look(elsewhere, clock, revoked.text)
    await _look(elsewhere, clock, shortened.text)
    # A time that comes changes no row.
    until = clock.now() + timedelta(seconds=2)
    made = await auth.keys.create(person.principal, "short", list(person.principal.scopes), until)
    await _look(elsewhere, clock, made.text)
    clock.advance(3)
    with pytest.raises(UnauthenticatedError):
        await _look(elsewhere, clock, made.text)


async def test_a_wrong_secret_of_a_known_key_opens_nothing(
    elsewhere: AuthService, clock: FixedClock, make_key: MakeKey, person: Person
) -> None:
    key = (await make_key(person)).text
    await _look(elsewhere, clock, key)
    wrong = key[:-1] + ("0" if key[-1] != "0" else "1")
    for _ in range(2):
        with pytest.raises(UnauthenticatedError):
            await _look(elsewhere, clock, wrong)
    await _look(elsewhere, clock, key)

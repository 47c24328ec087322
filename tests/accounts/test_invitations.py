"""Invitations: one address, one use, seven days, and never above the inviter."""

import asyncio
import secrets
from uuid import uuid4

import pytest
from tests.fixtures.accounts import MakeClient, MakeUser, Person

from vectal.accounts.contracts import Role
from vectal.accounts.errors import (
    AlreadyMemberError,
    InvitationForSomeoneElseError,
    InvitationNotFoundError,
    RoleNotGrantableError,
    TooManyInvitationsError,
)
from vectal.accounts.service import AccountService, invitations
from vectal.platform.clock import FixedClock, utc_now
from vectal.platform.db import Database


def _address() -> str:
    return f"guest-{secrets.token_hex(6)}@example.com"


@pytest.mark.parametrize(
    ("inviter", "role", "allowed"),
    [
        (Role.OWNER, Role.OWNER, True),
        (Role.ADMIN, Role.ADMIN, True),
        (Role.ADMIN, Role.OWNER, False),
        (Role.MEMBER, Role.VIEWER, False),
        (Role.VIEWER, Role.VIEWER, False),
    ],
)
async def test_nobody_invites_above_herself(
    accounts: AccountService,
    make_user: MakeUser,
    person: Person,
    *,
    inviter: Role,
    role: Role,
    allowed: bool,
) -> None:
    doer = await make_user(workspace_id=person.workspace_id, role=inviter)
    if allowed:
        invitation, _ = await accounts.invitations.create(doer.principal, _address(), role)
        assert invitation.role is role
    else:
        with pytest.raises(RoleNotGrantableError):
            await accounts.invitations.create(doer.principal, _address(), role)


async def test_a_guest_with_an_account_joins_once(
    edge_client: MakeClient, accounts: AccountService, make_user: MakeUser, person: Person
) -> None:
    guest = await make_user()
    _, token = await accounts.invitations.create(
        person.principal, guest.user.email.upper(), Role.MEMBER
    )
    shown = await edge_client().get(f"/api/v1/invitations/{token}")
    assert (shown.json()["email"], shown.json()["role"]) == (guest.user.email, "member")
    client = edge_client(guest)
    path = f"/api/v1/invitations/{token}/accept"
    answers = await asyncio.gather(*(client.post(path) for _ in range(5)))
    assert [each.status_code for each in answers] == [200] * 5
    assert {each.json()["id"] for each in answers} == {str(person.workspace_id)}
    headers = {"Vectal-Workspace": str(person.workspace_id)}
    joined = await client.get(f"/api/v1/workspaces/{person.workspace_id}", headers=headers)
    assert joined.json()["role"] == "member"
    assert (await edge_client().get(f"/api/v1/invitations/{token}")).status_code == 404
    with pytest.raises(AlreadyMemberError):
        await accounts.invitations.create(person.principal, guest.user.email, Role.MEMBER)


async def test_an_invitation_is_for_its_address_alone(
    accounts: AccountService, make_user: MakeUser, person: Person
) -> None:
    other = await make_user()
    _, token = await accounts.invitations.create(person.principal, _address(), Role.MEMBER)
    with pytest.raises(InvitationForSomeoneElseError):
        await accounts.invitations.accept(other.principal, token)
    # It was not used up by that.
    assert (await accounts.invitations.show(token)).role is Role.MEMBER


async def test_a_revoked_replaced_or_old_invitation_is_worthless(
    db: Database, person: Person
) -> None:
    clock = FixedClock(utc_now())
    accounts = AccountService.build(db, clock=clock)
    revoked, token = await accounts.invitations.create(person.principal, _address(), Role.VIEWER)
    await accounts.invitations.revoke(person.principal, revoked.id)
    replaced, older = await accounts.invitations.create(person.principal, _address(), Role.VIEWER)
    _, newer = await accounts.invitations.create(person.principal, replaced.email, Role.MEMBER)
    for gone in (token, older, "unknown"):
        with pytest.raises(InvitationNotFoundError):
            await accounts.invitations.show(gone)
    assert (await accounts.invitations.show(newer)).role is Role.MEMBER
    assert len((await accounts.invitations.list_invitations(person.principal)).items) == 1
    clock.advance(invitations.LIFETIME.total_seconds() + 1)
    with pytest.raises(InvitationNotFoundError):
        await accounts.invitations.show(newer)
    assert not (await accounts.invitations.list_invitations(person.principal)).items


async def test_only_an_open_invitation_of_the_workspace_is_revoked(
    accounts: AccountService, make_user: MakeUser, person: Person
) -> None:
    elsewhere = await make_user()
    theirs, _ = await accounts.invitations.create(elsewhere.principal, _address(), Role.VIEWER)
    for unknown in (theirs.id, uuid4()):
        with pytest.raises(InvitationNotFoundError):
            await accounts.invitations.revoke(person.principal, unknown)


async def test_open_invitations_are_bounded(
    monkeypatch: pytest.MonkeyPatch, accounts: AccountService, person: Person
) -> None:
    monkeypatch.setattr(invitations, "MAX_OPEN", 2)
    for _ in range(2):
        await accounts.invitations.create(person.principal, _address(), Role.VIEWER)
    with pytest.raises(TooManyInvitationsError):
        await accounts.invitations.create(person.principal, _address(), Role.VIEWER)

"""Members: who may change whose role, who may leave, and that an owner always stays."""

import asyncio
from uuid import uuid4

import pytest
from tests.fixtures.accounts import MakeAuth, MakeUser, Person

from vectal.accounts.contracts import Role
from vectal.accounts.errors import LastOwnerError, MemberNotFoundError, RoleNotGrantableError
from vectal.accounts.service import AccountService
from vectal.auth.credentials import Credential

OWNER, ADMIN, MEMBER, VIEWER = Role.OWNER, Role.ADMIN, Role.MEMBER, Role.VIEWER


@pytest.mark.parametrize(
    ("actor", "target", "role", "allowed"),
    [
        (OWNER, OWNER, MEMBER, True),
        (OWNER, ADMIN, OWNER, True),
        (OWNER, VIEWER, ADMIN, True),
        (ADMIN, ADMIN, VIEWER, True),
        (ADMIN, MEMBER, ADMIN, True),
        (ADMIN, MEMBER, OWNER, False),
        (ADMIN, OWNER, ADMIN, False),
        (MEMBER, VIEWER, VIEWER, False),
        (MEMBER, MEMBER, VIEWER, False),
        (VIEWER, VIEWER, MEMBER, False),
    ],
)
async def test_roles_are_changed_from_above(
    accounts: AccountService,
    make_user: MakeUser,
    person: Person,
    *,
    actor: Role,
    target: Role,
    role: Role,
    allowed: bool,
) -> None:
    doer = await make_user(workspace_id=person.workspace_id, role=actor)
    other = await make_user(workspace_id=person.workspace_id, role=target)
    if allowed:
        member = await accounts.members.change_role(doer.principal, other.user.id, role)
        assert member.role is role
    else:
        with pytest.raises(RoleNotGrantableError):
            await accounts.members.change_role(doer.principal, other.user.id, role)


@pytest.mark.parametrize(
    ("actor", "target", "allowed"),
    [
        (OWNER, OWNER, True),
        (OWNER, VIEWER, True),
        (ADMIN, ADMIN, True),
        (ADMIN, OWNER, False),
        (MEMBER, VIEWER, False),
        (VIEWER, MEMBER, False),
    ],
)
async def test_removing_takes_an_admin_who_is_not_below(
    accounts: AccountService,
    make_user: MakeUser,
    person: Person,
    *,
    actor: Role,
    target: Role,
    allowed: bool,
) -> None:
    doer = await make_user(workspace_id=person.workspace_id, role=actor)
    other = await make_user(workspace_id=person.workspace_id, role=target)
    if not allowed:
        with pytest.raises(RoleNotGrantableError):
            await accounts.members.remove(doer.principal, other.user.id)
        return
    await accounts.members.remove(doer.principal, other.user.id)
    with pytest.raises(MemberNotFoundError):
        await accounts.members.remove(doer.principal, other.user.id)


async def test_the_last_owner_stays(
    accounts: AccountService, make_user: MakeUser, person: Person
) -> None:
    await make_user(workspace_id=person.workspace_id, role=ADMIN)
    with pytest.raises(LastOwnerError):
        await accounts.members.remove(person.principal, person.user.id)
    with pytest.raises(LastOwnerError):
        await accounts.members.change_role(person.principal, person.user.id, ADMIN)
    await accounts.members.change_role(person.principal, person.user.id, OWNER)


async def test_two_owners_who_step_down_at_once_leave_one(
    accounts: AccountService, make_user: MakeUser, person: Person
) -> None:
    second = await make_user(workspace_id=person.workspace_id, role=OWNER)
    outcomes = await asyncio.gather(
        accounts.members.change_role(person.principal, person.user.id, MEMBER),
        accounts.members.remove(second.principal, second.user.id),
        return_exceptions=True,
    )
    assert sum(isinstance(each, LastOwnerError) for each in outcomes) == 1
    found = await accounts.members.list_members(person.principal)
    assert sum(each.role is OWNER for each in found.items) == 1


async def test_a_stranger_is_no_member(
    accounts: AccountService, make_user: MakeUser, person: Person
) -> None:
    stranger = await make_user()
    for unknown in (stranger.user.id, uuid4()):
        with pytest.raises(MemberNotFoundError):
            await accounts.members.change_role(person.principal, unknown, VIEWER)


async def test_who_is_removed_everywhere_gets_a_place_of_her_own(
    make_auth: MakeAuth, accounts: AccountService, make_user: MakeUser
) -> None:
    guest = await make_user()
    home = guest.workspace_id
    # She hands her own workspace over, and is taken out of it.
    heir = await make_user(workspace_id=home, role=OWNER)
    await accounts.members.remove(heir.principal, guest.user.id)
    auth = make_auth()
    found = await asyncio.gather(
        *(auth.authenticate(Credential(guest.access_token)) for _ in range(5))
    )
    assert len({each.workspace_id for each in found}) == 1
    assert found[0].workspace_id != home
    assert found[0].role is OWNER
    assert (await accounts.people.get(found[0])).default_workspace_id == found[0].workspace_id


async def test_members_come_in_pages(
    accounts: AccountService, make_user: MakeUser, person: Person
) -> None:
    for _ in range(4):
        await make_user(workspace_id=person.workspace_id, role=VIEWER)
    first = await accounts.members.list_members(person.principal, limit=3)
    rest = await accounts.members.list_members(
        person.principal, after=first.items[-1].user_id, limit=3
    )
    assert (len(first.items), len(rest.items)) == (3, 2)
    assert first.next_cursor
    assert rest.next_cursor is None

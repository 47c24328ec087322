"""A key is named anew and ends at another time; nothing that binds it is loosened by that."""

import asyncio
from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from tests.fixtures.accounts import MakeAuth, MakeClient, MakeKey, MakeUser, Person

from vectal.accounts.contracts import Role
from vectal.accounts.service import AccountService
from vectal.auth.contracts import IssuedKey, KeyChange
from vectal.auth.credentials import Credential
from vectal.auth.errors import (
    ApiKeyEndedError,
    ApiKeyNotFoundError,
    ForbiddenError,
    ScopeNotGrantableError,
    UnauthenticatedError,
)
from vectal.auth.principal import Principal, Scope
from vectal.auth.service import AuthService
from vectal.auth.service.resolver import MAX_AGE_S
from vectal.platform.clock import FixedClock, utc_now

KEYS = "/api/v1/api-keys"
START = utc_now()


def _at(hours: int | None) -> datetime | None:
    return None if hours is None else START + timedelta(hours=hours)


def _ends(hours: int | None) -> KeyChange:
    return KeyChange(sets_expiry=True, expires_at=_at(hours))


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(START)


@pytest.fixture
def timed(make_auth: MakeAuth, clock: FixedClock) -> AuthService:
    return make_auth(clock)


async def _speak(auth: AuthService, issued: IssuedKey) -> Principal:
    return await auth.authenticate(Credential(issued.text))


async def _make(auth: AuthService, who: Principal, hours: int | None = None) -> IssuedKey:
    return await auth.keys.create(who, "made", [Scope.ALL], _at(hours))


async def _end_of(auth: AuthService, person: Person, issued: IssuedKey) -> datetime | None:
    found = await auth.keys.list_keys(person.principal)
    return next(key.expires_at for key in found.items if key.id == issued.key.id)


@pytest.mark.parametrize(
    ("body", "name", "ends"),
    [
        ({}, "Sync", "2100-01-01T00:00:00Z"),
        ({"name": "Calendar"}, "Calendar", "2100-01-01T00:00:00Z"),
        ({"expires_at": "2099-01-01T01:00:00+01:00"}, "Sync", "2099-01-01T00:00:00Z"),
        ({"expires_at": None}, "Sync", None),
        ({"name": "Both", "expires_at": "2101-01-01T00:00:00Z"}, "Both", "2101-01-01T00:00:00Z"),
    ],
)
async def test_what_is_left_out_stays(
    edge_client: MakeClient,
    person: Person,
    body: Mapping[str, object],
    name: str,
    ends: str | None,
) -> None:
    client = edge_client(person)
    wish = {"name": "Sync", "scopes": ["tasks:read"], "expires_at": "2100-01-01T00:00:00Z"}
    made = (await client.post(KEYS, json=wish)).json()
    answer = await client.patch(f"{KEYS}/{made['id']}", json=body)
    assert answer.status_code == 200, answer.text
    del made["key"]
    assert answer.json() == {**made, "name": name, "expires_at": ends}
    assert (await client.get(KEYS)).json()["items"] == [answer.json()]


@pytest.mark.parametrize(
    "body",
    [
        {"name": ""},
        {"name": " "},
        {"name": "x" * 101},
        {"name": 1},
        {"expires_at": "2001-01-01T00:00:00Z"},
        {"expires_at": "2101-01-01T00:00:00"},
        {"expires_at": 4_102_444_800},
        {"expires_at": "soon"},
        {"scopes": ["*"]},
        {"user_id": "x"},
    ],
)
async def test_a_bad_change_is_refused(
    edge_client: MakeClient, person: Person, make_key: MakeKey, body: Mapping[str, object]
) -> None:
    client = edge_client(person)
    path = f"{KEYS}/{(await make_key(person)).key.id}"
    before = (await client.get(KEYS)).json()
    answer = await client.patch(path, json=body)
    assert answer.status_code == 422, answer.text
    assert answer.json()["errors"][0]["pointer"].startswith(f"/{next(iter(body))}")
    assert (await client.get(KEYS)).json() == before


async def test_a_key_ends_at_its_new_time(
    timed: AuthService, clock: FixedClock, person: Person
) -> None:
    issued = await _make(timed, person.principal)
    await timed.keys.update(person.principal, issued.key.id, _ends(1))
    await _speak(timed, issued)
    clock.advance(3601)
    with pytest.raises(UnauthenticatedError):
        await _speak(timed, issued)


async def test_every_process_knows_within_a_second(
    auth: AuthService, make_auth: MakeAuth, person: Person
) -> None:
    issued = await _make(auth, person.principal)
    # Of the process that looks later; the change is made before.
    clock = FixedClock(utc_now())
    late = make_auth(clock)
    await _speak(late, issued)
    soon = utc_now() + timedelta(hours=1)
    change = KeyChange(sets_expiry=True, expires_at=soon)
    await auth.keys.update(person.principal, issued.key.id, change)
    await asyncio.sleep(MAX_AGE_S)
    clock.advance(3700)
    with pytest.raises(UnauthenticatedError):
        await _speak(late, issued)


async def test_a_key_that_has_ended_stays_so(
    timed: AuthService, clock: FixedClock, person: Person
) -> None:
    issued = await _make(timed, person.principal, 1)
    clock.advance(3601)
    for hours in (3, None):
        with pytest.raises(ApiKeyEndedError):
            await timed.keys.update(person.principal, issued.key.id, _ends(hours))
    named = await timed.keys.update(person.principal, issued.key.id, KeyChange("old"))
    assert (named.name, named.expires_at) == ("old", _at(1))
    with pytest.raises(UnauthenticatedError):
        await _speak(timed, issued)


async def test_a_revoked_key_and_another_s_are_not_there(
    auth: AuthService, make_user: MakeUser, make_key: MakeKey, person: Person
) -> None:
    gone = await make_key(person)
    await auth.keys.revoke(person.principal, gone.key.id)
    colleague = await make_user(workspace_id=person.workspace_id, role=Role.ADMIN)
    theirs = await make_key(colleague)
    for unknown in (gone.key.id, theirs.key.id, uuid4()):
        with pytest.raises(ApiKeyNotFoundError):
            await auth.keys.update(person.principal, unknown, KeyChange("mine"))
    (kept,) = (await auth.keys.list_keys(colleague.principal)).items
    assert kept.name == "tests"


@pytest.mark.parametrize("wish_h", [None, 1, 2, 3])
@pytest.mark.parametrize("maker_h", [None, 2])
async def test_none_outlives_its_makers(
    timed: AuthService, person: Person, maker_h: int | None, wish_h: int | None
) -> None:
    first = await _make(timed, person.principal, maker_h)
    second = await _make(timed, await _speak(timed, first))
    third = await _make(timed, await _speak(timed, second), 1)
    changed = await timed.keys.update(person.principal, third.key.id, _ends(wish_h))
    known = [hours for hours in (maker_h, wish_h) if hours is not None]
    assert changed.expires_at == _at(min(known, default=None))
    assert await _end_of(timed, person, third) == changed.expires_at


async def test_what_a_key_made_ends_no_later_than_it(timed: AuthService, person: Person) -> None:
    first = await _make(timed, person.principal)
    second = await _make(timed, await _speak(timed, first), 5)
    third = await _make(timed, await _speak(timed, second), 1)
    other = await _make(timed, person.principal)
    await timed.keys.update(person.principal, first.key.id, _ends(3))
    assert [await _end_of(timed, person, each) for each in (first, second, third, other)] == [
        _at(3),
        _at(3),
        _at(1),
        None,
    ]
    # A later end of the first gives the others nothing.
    await timed.keys.update(person.principal, first.key.id, _ends(None))
    assert await _end_of(timed, person, second) == _at(3)


async def test_a_key_lengthens_neither_itself_nor_what_it_did_not_make(
    timed: AuthService, person: Person
) -> None:
    first = await _make(timed, person.principal, 5)
    bound = await _speak(timed, await _make(timed, await _speak(timed, first), 5))
    assert bound.api_key_id is not None
    other = await _make(timed, person.principal, 5)
    # Those that made it end with it, at the latest then; longer they live by others' leave alone.
    for target in (bound.api_key_id, first.key.id, other.key.id):
        for later in (6, None):
            if target == bound.api_key_id:
                held = await timed.keys.update(bound, target, _ends(later))
                assert held.expires_at == _at(5)
            else:
                with pytest.raises(ForbiddenError):
                    await timed.keys.update(bound, target, _ends(later))
        assert (await timed.keys.update(bound, target, _ends(4))).expires_at == _at(4)
    with pytest.raises(ForbiddenError):
        await timed.keys.update(bound, other.key.id, _ends(5))


async def test_a_key_does_not_lengthen_itself_where_its_makers_live_longer(
    timed: AuthService, person: Person
) -> None:
    first = await _make(timed, person.principal)
    own = await _speak(timed, await _make(timed, await _speak(timed, first), 2))
    assert own.api_key_id is not None
    with pytest.raises(ForbiddenError):
        await timed.keys.update(own, own.api_key_id, _ends(3))


async def test_a_key_lengthens_what_it_made(timed: AuthService, person: Person) -> None:
    maker = await _speak(timed, await _make(timed, person.principal, 5))
    middle = await _make(timed, maker, 1)
    last = await _make(timed, await _speak(timed, middle), 1)
    assert (await timed.keys.update(maker, last.key.id, _ends(4))).expires_at == _at(1)
    assert (await timed.keys.update(maker, middle.key.id, _ends(None))).expires_at == _at(5)
    assert (await timed.keys.update(maker, last.key.id, _ends(4))).expires_at == _at(4)


async def test_who_could_not_make_it_any_more_may_shorten_it_only(
    accounts: AccountService, timed: AuthService, make_user: MakeUser, person: Person
) -> None:
    member = await make_user(workspace_id=person.workspace_id, role=Role.MEMBER)
    key = await timed.keys.create(member.principal, "x", [Scope.TASKS_WRITE], _at(5))
    await accounts.members.change_role(person.principal, member.user.id, Role.VIEWER)
    viewer = await timed.authenticate(Credential(member.access_token))
    for later in (6, None):
        with pytest.raises(ScopeNotGrantableError):
            await timed.keys.update(viewer, key.key.id, _ends(later))
    changed = await timed.keys.update(viewer, key.key.id, _ends(5))
    assert changed.expires_at == _at(5)
    assert (await timed.keys.update(viewer, key.key.id, _ends(4))).expires_at == _at(4)


async def test_a_key_that_is_made_meanwhile_ends_in_time(auth: AuthService, person: Person) -> None:
    soon = utc_now() + timedelta(hours=1)
    change = KeyChange(sets_expiry=True, expires_at=soon)
    for _ in range(5):
        maker = await auth.keys.create(person.principal, "maker", [Scope.ALL])
        speaks = await _speak(auth, maker)
        made, *_ = await asyncio.gather(
            auth.keys.create(speaks, "made", [Scope.ALL]),
            auth.keys.update(person.principal, maker.key.id, change),
        )
        assert await _end_of(auth, person, made) == soon


async def test_two_changes_of_one_line_do_not_wait_for_each_other(
    auth: AuthService, person: Person
) -> None:
    first = await auth.keys.create(person.principal, "first", [Scope.ALL])
    second = await auth.keys.create(await _speak(auth, first), "second", [Scope.ALL])
    third = await auth.keys.create(await _speak(auth, second), "third", [Scope.ALL])
    for hours in range(40, 20, -2):
        soon = [utc_now() + timedelta(hours=each) for each in (hours, hours - 1, hours + 1)]
        await asyncio.gather(
            *(
                auth.keys.update(
                    person.principal, each.key.id, KeyChange(sets_expiry=True, expires_at=ends)
                )
                for each, ends in zip((first, second, third), soon, strict=True)
            )
        )
        ends = [await _end_of(auth, person, each) for each in (first, second, third)]
        assert ends == sorted(ends, key=lambda end: end or soon[2], reverse=True)

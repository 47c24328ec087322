"""Keys that are made with keys: they reach no further, and end with their makers."""

import asyncio
from datetime import datetime, timedelta

import pytest
from tests.fixtures.accounts import MakeAuth, MakeKey, MakeUser, Person

from vectal.auth.contracts import IssuedKey
from vectal.auth.credentials import Credential
from vectal.auth.errors import (
    KeyLineTooLongError,
    ScopeNotGrantableError,
    UnauthenticatedError,
)
from vectal.auth.principal import Principal, Scope, expand_scopes
from vectal.auth.service import AuthService
from vectal.auth.service.keys import MAX_MAKERS
from vectal.platform.clock import FixedClock, utc_now
from vectal.platform.errors import IdempotencyMismatchError


async def _speak(auth: AuthService, issued: IssuedKey) -> Principal:
    return await auth.authenticate(Credential(issued.text))


async def _is_live(auth: AuthService, issued: IssuedKey) -> bool:
    try:
        await _speak(auth, issued)
    except UnauthenticatedError:
        return False
    return True


@pytest.mark.parametrize("given", list(Scope))
async def test_no_scope_is_gained(
    auth: AuthService, make_user: MakeUser, make_key: MakeKey, given: Scope
) -> None:
    owner = await make_user(admin=True)
    maker = await _speak(auth, await make_key(owner, {"account:manage", given.value}))
    for wanted in Scope:
        if wanted in expand_scopes({given, Scope.ACCOUNT_MANAGE}):
            made = await _speak(auth, await auth.keys.create(maker, "x", [wanted]))
            assert made.scopes <= maker.scopes
            assert made.role is maker.role
        else:
            with pytest.raises(ScopeNotGrantableError):
                await auth.keys.create(maker, "x", [wanted])


@pytest.mark.parametrize("wish_h", [None, 1, 2, 3])
@pytest.mark.parametrize("maker_h", [None, 2])
async def test_none_ends_later_than_its_makers(
    make_auth: MakeAuth, person: Person, maker_h: int | None, wish_h: int | None
) -> None:
    clock = FixedClock(utc_now())
    auth = make_auth(clock)

    def at(hours: int | None) -> datetime | None:
        return None if hours is None else clock.now() + timedelta(hours=hours)

    first = await auth.keys.create(person.principal, "first", [Scope.ALL], at(maker_h))
    second = await auth.keys.create(await _speak(auth, first), "second", [Scope.ALL])
    third = await auth.keys.create(await _speak(auth, second), "third", [Scope.ALL], at(wish_h))
    known = [hours for hours in (maker_h, wish_h) if hours is not None]
    assert third.key.expires_at == at(min(known, default=None))
    assert second.key.expires_at == at(maker_h)


async def test_a_key_knows_its_makers(auth: AuthService, person: Person, make_key: MakeKey) -> None:
    first = await make_key(person)
    second = await auth.keys.create(await _speak(auth, first), "second", [Scope.ALL])
    third = await auth.keys.create(await _speak(auth, second), "third", [Scope.ALL])
    assert (await _speak(auth, first)).maker_key_ids == ()
    assert (await _speak(auth, third)).maker_key_ids == (first.key.id, second.key.id)


async def test_a_line_of_keys_has_an_end(
    auth: AuthService, person: Person, make_key: MakeKey
) -> None:
    issued = await make_key(person)
    for _ in range(MAX_MAKERS):
        issued = await auth.keys.create(await _speak(auth, issued), "next", [Scope.ALL])
    with pytest.raises(KeyLineTooLongError):
        await auth.keys.create(await _speak(auth, issued), "next", [Scope.ALL])


async def test_what_was_made_with_a_key_is_revoked_with_it(
    auth: AuthService, make_auth: MakeAuth, person: Person, make_key: MakeKey
) -> None:
    first, other = await make_key(person), await make_key(person)
    second = await auth.keys.create(await _speak(auth, first), "second", [Scope.ALL])
    third = await auth.keys.create(await _speak(auth, second), "third", [Scope.ALL])
    beside = await auth.keys.create(await _speak(auth, first), "beside", [Scope.ALL])
    await auth.keys.revoke(person.principal, second.key.id)
    for each in (auth, make_auth()):
        live = [await _is_live(each, issued) for issued in (first, second, third, beside, other)]
        assert live == [True, False, False, True, True]
    await auth.keys.revoke(person.principal, first.key.id)
    for each in (auth, make_auth()):
        assert not await _is_live(each, beside)
        assert await _is_live(each, other)


async def test_a_revoked_key_makes_none(
    auth: AuthService, person: Person, make_key: MakeKey
) -> None:
    first = await make_key(person)
    second = await auth.keys.create(await _speak(auth, first), "second", [Scope.ALL])
    # Resolved a moment before it was revoked.
    late = await _speak(auth, second)
    await auth.keys.revoke(person.principal, first.key.id)
    with pytest.raises(UnauthenticatedError):
        await auth.keys.create(late, "third", [Scope.ALL])


async def test_none_slips_through_while_its_maker_is_revoked(
    auth: AuthService, make_auth: MakeAuth, person: Person, make_key: MakeKey
) -> None:
    for _ in range(10):
        first = await make_key(person)
        second = await auth.keys.create(await _speak(auth, first), "second", [Scope.ALL])
        maker = await _speak(auth, second)
        outcomes = await asyncio.gather(
            *(auth.keys.create(maker, "third", [Scope.ALL]) for _ in range(2)),
            auth.keys.revoke(person.principal, first.key.id),
            *(auth.keys.create(maker, "third", [Scope.ALL]) for _ in range(2)),
            return_exceptions=True,
        )
        made = [each for each in outcomes if isinstance(each, IssuedKey)]
        errors = [each for each in outcomes if isinstance(each, BaseException)]
        assert all(isinstance(each, UnauthenticatedError) for each in errors)
        fresh = make_auth()
        assert not any([await _is_live(fresh, each) for each in (first, second, *made)])


async def test_a_repeated_request_gives_a_bound_key_no_free_one(
    auth: AuthService, person: Person, make_key: MakeKey
) -> None:
    async def ask(principal: Principal) -> IssuedKey:
        return await auth.keys.create(principal, "x", [Scope.ALL], request_key="again")

    free = await ask(person.principal)
    assert (await ask(person.principal)).text == free.text
    with pytest.raises(IdempotencyMismatchError):
        await ask(await _speak(auth, await make_key(person)))

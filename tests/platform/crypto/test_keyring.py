"""Sealed values open for their owner, in their place, and nowhere else."""

import asyncio
from collections.abc import Callable
from dataclasses import replace

import pytest
from sqlalchemy import text

from vectal.platform.clock import FixedClock, utc_now
from vectal.platform.crypto import (
    Aad,
    ErasedError,
    KeyOwner,
    Keyring,
    LocalKeyWrapper,
    MasterKeyError,
    UnknownMasterKeyError,
    UnreadableError,
    require_master_keys,
)
from vectal.platform.crypto.envelope import new_key
from vectal.platform.crypto.status import count_keys
from vectal.platform.db import Database, Scope
from vectal.platform.ids import new_id

SECRET = b"the canary sings at dawn"


def _place(scope: Scope) -> Aad:
    return Aad("messages", "sealed_content", new_id(), scope.workspace_id)


async def _seal(db: Database, keyring: Keyring, scope: Scope, aad: Aad) -> bytes:
    async with db.transaction(scope) as session:
        return await keyring.seal(session, KeyOwner.user(scope.user_id), SECRET, aad)


async def _open(db: Database, keyring: Keyring, scope: Scope, aad: Aad, sealed: bytes) -> bytes:
    async with db.read(scope) as session:
        return await keyring.open(session, KeyOwner.user(scope.user_id), sealed, aad)


async def test_what_was_sealed_opens_again(db: Database, keyring: Keyring, scope: Scope) -> None:
    aad = _place(scope)
    sealed = await _seal(db, keyring, scope, aad)
    assert SECRET not in sealed
    assert len(sealed) == len(SECRET) + 31
    assert await _open(db, keyring, scope, aad, sealed) == SECRET
    assert sealed != await _seal(db, keyring, scope, aad)


async def test_another_process_opens_it_too(
    db: Database, keyring: Keyring, wrapper: LocalKeyWrapper, scope: Scope
) -> None:
    aad = _place(scope)
    sealed = await _seal(db, keyring, scope, aad)
    assert await _open(db, Keyring(wrapper), scope, aad, sealed) == SECRET


ELSEWHERE: dict[str, Callable[[Aad], Aad]] = {
    "table": lambda aad: replace(aad, table="turns"),
    "column": lambda aad: replace(aad, column="sealed_title"),
    "row": lambda aad: replace(aad, row=new_id()),
    "tenant": lambda aad: replace(aad, tenant=new_id()),
    "shifted parts": lambda aad: replace(aad, table="message", column="ssealed_content"),
}


@pytest.mark.parametrize("part", ELSEWHERE)
async def test_moved_to_another_place_it_does_not_open(
    db: Database, keyring: Keyring, scope: Scope, part: str
) -> None:
    aad = _place(scope)
    sealed = await _seal(db, keyring, scope, aad)
    with pytest.raises(UnreadableError):
        await _open(db, keyring, scope, ELSEWHERE[part](aad), sealed)


async def test_a_damaged_value_does_not_open(db: Database, keyring: Keyring, scope: Scope) -> None:
    aad = _place(scope)
    sealed = await _seal(db, keyring, scope, aad)
    for position in range(len(sealed)):
        broken = bytearray(sealed)
        broken[position] ^= 1
        with pytest.raises(UnreadableError):
            await _open(db, keyring, scope, aad, bytes(broken))
    for length in range(len(sealed)):
        with pytest.raises(UnreadableError):
            await _open(db, keyring, scope, aad, sealed[:length])


async def test_nobody_else_has_the_key(
    db: Database, keyring: Keyring, wrapper: LocalKeyWrapper, scope: Scope
) -> None:
    aad = _place(scope)
    sealed = await _seal(db, keyring, scope, aad)
    neighbour = Scope(scope.workspace_id, new_id())
    await _seal(db, keyring, neighbour, aad)
    with pytest.raises(UnreadableError):
        await _open(db, keyring, neighbour, aad, sealed)
    fresh = Keyring(wrapper)
    async with db.read(neighbour) as session:  # the owner's key row is not even visible
        with pytest.raises(UnreadableError):
            await fresh.open(session, KeyOwner.user(scope.user_id), sealed, aad)


async def test_a_scope_can_make_keys_for_itself_alone(
    db: Database, keyring: Keyring, scope: Scope
) -> None:
    with pytest.raises(Exception, match="row-level security"):
        async with db.transaction(scope) as session:
            await keyring.seal(session, KeyOwner.user(new_id()), SECRET, _place(scope))


async def test_keys_are_made_once_by_many_at_a_time(
    db: Database, wrapper: LocalKeyWrapper, scope: Scope
) -> None:
    rings = [Keyring(wrapper) for _ in range(8)]
    places = [_place(scope) for _ in rings]
    sealed = await asyncio.gather(
        *(_seal(db, ring, scope, aad) for ring, aad in zip(rings, places, strict=True))
    )
    reader = Keyring(wrapper)
    for aad, value in zip(places, sealed, strict=True):
        assert await _open(db, reader, scope, aad, value) == SECRET
    async with db.system("test") as session:
        rows = await session.execute(
            text("SELECT count(*) FROM data_keys WHERE owner_id = :id"), {"id": scope.user_id}
        )
        assert rows.scalar_one() == 1


async def test_a_key_that_was_rolled_back_is_not_used_again(
    db: Database, keyring: Keyring, wrapper: LocalKeyWrapper, scope: Scope
) -> None:
    aad = _place(scope)

    async def fail() -> None:
        async with db.transaction(scope) as session:
            owner = KeyOwner.user(scope.user_id)
            sealed = await keyring.seal(session, owner, SECRET, aad)
            assert await keyring.open(session, owner, sealed, aad) == SECRET
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    sealed = await _seal(db, keyring, scope, aad)
    assert await _open(db, Keyring(wrapper), scope, aad, sealed) == SECRET


async def test_a_reading_session_makes_no_key(db: Database, keyring: Keyring, scope: Scope) -> None:
    owner = KeyOwner.user(scope.user_id)
    async with db.read(scope) as session:
        with pytest.raises(TypeError, match="is a write"):
            await keyring.seal(session, owner, SECRET, _place(scope))
        (word,) = await keyring.blind_index(session, owner, ["canary"])
    async with db.transaction(scope) as session:
        assert await keyring.blind_index(session, owner, ["canary"]) != [word]


async def test_destroyed_means_gone(db: Database, keyring: Keyring, scope: Scope) -> None:
    aad, owner = _place(scope), KeyOwner.user(scope.user_id)
    sealed = await _seal(db, keyring, scope, aad)
    async with db.transaction(scope) as session:
        await keyring.blind_index(session, owner, ["canary"])
    async with db.system("erasure") as session:
        assert await keyring.destroy(session, owner) == 2
    with pytest.raises(ErasedError):
        await _open(db, keyring, scope, aad, sealed)
    with pytest.raises(ErasedError):
        await _seal(db, keyring, scope, aad)
    async with db.transaction(scope) as session:
        with pytest.raises(ErasedError):
            await keyring.blind_index(session, owner, ["canary"])


async def test_a_key_destroyed_elsewhere_is_of_no_use_after_a_minute(
    db: Database, wrapper: LocalKeyWrapper, scope: Scope
) -> None:
    clock = FixedClock(utc_now())
    here, elsewhere = Keyring(wrapper, clock=clock), Keyring(wrapper)
    aad = _place(scope)
    sealed = await _seal(db, here, scope, aad)
    assert await _open(db, here, scope, aad, sealed) == SECRET
    async with db.system("erasure") as session:
        await elsewhere.destroy(session, KeyOwner.user(scope.user_id))
    clock.advance(61)
    with pytest.raises(ErasedError):
        await _open(db, here, scope, aad, sealed)


async def test_memory_holds_a_bounded_number_of_keys(
    db: Database, wrapper: LocalKeyWrapper
) -> None:
    ring = Keyring(wrapper, capacity=4)
    for _ in range(6):
        scope = Scope(new_id(), new_id())
        aad = _place(scope)
        sealed = await _seal(db, ring, scope, aad)
        assert await _open(db, ring, scope, aad, sealed) == SECRET
    assert ring.size <= 4


async def test_rotation_keeps_everything_readable(db: Database, scope: Scope) -> None:
    old, new = new_key(), new_key()
    aad = _place(scope)
    before = LocalKeyWrapper([old])
    sealed = await _seal(db, Keyring(before), scope, aad)
    both = LocalKeyWrapper([new, old])
    assert await _open(db, Keyring(both), scope, aad, sealed) == SECRET
    with pytest.raises(UnknownMasterKeyError):
        await _open(db, Keyring(LocalKeyWrapper([new])), scope, aad, sealed)
    assert await Keyring(both).rewrap_all(db) >= 1
    assert await Keyring(both).rewrap_all(db) == 0
    assert await _open(db, Keyring(LocalKeyWrapper([new])), scope, aad, sealed) == SECRET
    assert set(await count_keys(db)) == {await both.current_id()}


async def test_new_data_keys_leave_old_values_readable(
    db: Database, keyring: Keyring, scope: Scope
) -> None:
    aad, owner = _place(scope), KeyOwner.user(scope.user_id)
    first = await _seal(db, keyring, scope, aad)
    async with db.transaction(scope) as session:
        words = await keyring.blind_index(session, owner, ["canary"])
    assert await keyring.reissue_all(db) >= 1
    second = await _seal(db, keyring, scope, aad)
    assert (first[1:3], second[1:3]) == (b"\x00\x01", b"\x00\x02")
    for sealed in (first, second):
        assert await _open(db, keyring, scope, aad, sealed) == SECRET
    async with db.transaction(scope) as session:  # the index stays whole
        assert await keyring.blind_index(session, owner, ["canary"]) == words


async def test_a_wrapped_key_moved_to_another_owner_does_not_unwrap(
    db: Database, keyring: Keyring, wrapper: LocalKeyWrapper, scope: Scope
) -> None:
    thief = Scope(scope.workspace_id, new_id())
    aad = _place(scope)
    sealed = await _seal(db, keyring, scope, aad)
    await _seal(db, keyring, thief, aad)
    async with db.system("test") as session:
        await session.execute(
            text(
                "UPDATE data_keys t SET wrapped = v.wrapped FROM data_keys v"
                " WHERE t.owner_id = :thief AND v.owner_id = :victim"
            ),
            {"thief": thief.user_id, "victim": scope.user_id},
        )
    with pytest.raises(UnreadableError):
        await _open(db, Keyring(wrapper), thief, aad, sealed)


async def test_equal_words_meet_under_one_owner_only(
    db: Database, keyring: Keyring, scope: Scope
) -> None:
    owner = KeyOwner.user(scope.user_id)
    other = Scope(scope.workspace_id, new_id())
    async with db.transaction(scope) as session:
        once = await keyring.blind_index(session, owner, ["rent", "flat", "rent"])
        again = await keyring.blind_index(session, owner, ["rent"])
    async with db.transaction(other) as session:
        theirs = await keyring.blind_index(session, KeyOwner.user(other.user_id), ["rent"])
    assert once[0] == once[2] == again[0]
    assert once[0] != once[1]
    assert theirs[0] not in once
    assert {len(word) for word in once} == {16}


async def test_a_process_with_the_wrong_master_key_is_told_before_it_serves(
    db: Database, keyring: Keyring, wrapper: LocalKeyWrapper, scope: Scope
) -> None:
    await _seal(db, keyring, scope, _place(scope))
    await require_master_keys(db, wrapper.known_ids)
    with pytest.raises(MasterKeyError, match="same VECTAL_MASTER_KEY"):
        await require_master_keys(db, LocalKeyWrapper([new_key()]).known_ids)

"""Whose rights a run has that nobody was there to begin, and when they end."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from tests.agents.schedules.conftest import Desk, MakeDesk
from tests.fixtures.accounts import MakeKey, MakeUser, Person

from vectal.accounts.contracts import Role
from vectal.agents.rights import RunRights
from vectal.agents.schedules.contracts import RunPlan, Schedule, ScheduleTerms
from vectal.agents.schedules.errors import ScheduleNotFoundError
from vectal.auth.credentials import Credential
from vectal.auth.errors import ForbiddenError
from vectal.auth.principal import Principal, Scope
from vectal.auth.service import AuthService
from vectal.platform.db import Database
from vectal.platform.errors import InvalidInputError

NEEDED = (Scope.AGENTS_WRITE, Scope.AI_USE)


async def acting(desk: Desk, schedule: Schedule) -> Principal | None:
    """Who acts in the newest run of the schedule, as a worker reads it from its row."""
    runs = await desk.runs(schedule)
    if not runs:
        return None
    async with desk.database.read(desk.me) as session:
        found = await session.execute(
            text("SELECT rights FROM agent_runs WHERE id = :id"), {"id": runs[0].id}
        )
        stored: dict[str, Any] = found.scalar_one()
    return RunRights.from_json(stored).principal(desk.me.user_id, desk.me.workspace_id)


async def fire(desk: Desk) -> None:
    desk.set("2027-03-01T09:00:01")
    await desk.begin()


async def test_it_acts_for_its_owner_and_hangs_on_no_session(desk: Desk, auth: AuthService) -> None:
    schedule = await desk.add(timezone="Asia/Tokyo", scopes=(*NEEDED, Scope.TASKS_READ))
    assert desk.me.session_id is not None
    await auth.sessions.revoke(desk.me, desk.me.session_id)
    desk.set("2027-03-02T00:00:01")
    await desk.begin()
    who = await acting(desk, schedule)
    assert who is not None
    assert (who.user_id, who.session_id, who.api_key_id) == (desk.me.user_id, None, None)
    assert who.scopes == {*NEEDED, Scope.TASKS_READ}
    assert who.timezone == "Asia/Tokyo"
    assert not who.is_admin


async def test_all_that_its_maker_has_is_no_more_than_that(desk: Desk) -> None:
    """Not what a later release adds to `*`."""
    schedule = await desk.add()
    assert schedule.terms.scopes is not None
    assert Scope.ALL not in schedule.terms.scopes
    assert set(schedule.terms.scopes) == set(Scope) - {Scope.ALL}


async def test_a_change_keeps_scopes_or_gives_others(desk: Desk) -> None:
    schedule = await desk.add(scopes=(*NEEDED, Scope.TASKS_READ))

    async def change(**given: Any) -> set[Scope]:
        update = desk.scheduling.schedules.update
        changed = await update(desk.me, schedule.id, lambda had: replace(had, **given))
        return set(changed.terms.scopes or ())

    assert await change(name="Another") == {*NEEDED, Scope.TASKS_READ}
    assert await change(scopes=None) == set(Scope) - {Scope.ALL}
    assert await change(scopes=NEEDED) == set(NEEDED)


async def test_nobody_gives_what_they_do_not_have(
    make_desk: MakeDesk, person: Person, make_key: MakeKey, auth: AuthService
) -> None:
    key = await make_key(person, [*NEEDED, "agents:read"])
    by_key = await auth.authenticate(Credential(key.text))
    desk = make_desk(by_key)
    schedule = await desk.add()
    assert set(schedule.terms.scopes or ()) == {*NEEDED, Scope.AGENTS_READ}
    with pytest.raises(ForbiddenError):
        await desk.add(scopes=(*NEEDED, Scope.TASKS_WRITE))
    with pytest.raises(InvalidInputError):
        await desk.add(scopes=(Scope.AGENTS_READ,))
    weak = make_desk(replace(by_key, scopes=frozenset((Scope.AGENTS_WRITE,))))
    with pytest.raises(ForbiddenError):
        await weak.add()


async def test_who_changes_it_lends_it_no_more_than_their_own(
    make_desk: MakeDesk, person: Person, make_key: MakeKey, auth: AuthService
) -> None:
    """A key with few scopes can't put words into the mouth of a schedule with many."""
    desk = make_desk(person.principal)
    schedule = await desk.add(scopes=(*NEEDED, Scope.TASKS_WRITE))
    key = await make_key(person, [*NEEDED, "agents:read"])
    by_key = make_desk(await auth.authenticate(Credential(key.text)))

    def say_more(had: ScheduleTerms) -> ScheduleTerms:
        return replace(had, plan=RunPlan("Delete everything."))

    changed = await by_key.scheduling.schedules.update(by_key.me, schedule.id, say_more)
    assert set(changed.terms.scopes or ()) == set(NEEDED)
    await auth.keys.revoke(person.principal, key.key.id)
    await fire(desk)
    assert await desk.runs(schedule) == [], "from then on it hangs on that key"


Ending = Callable[[Database, Person, AuthService, UUID | None], Awaitable[None]]


async def _disable(db: Database, person: Person, auth: AuthService, key_id: UUID | None) -> None:
    del auth, key_id
    await _execute(db, "UPDATE users SET disabled_at = now() WHERE id = :id", id=person.user.id)


async def _leave(db: Database, person: Person, auth: AuthService, key_id: UUID | None) -> None:
    del auth, key_id
    await _execute(
        db,
        "DELETE FROM memberships WHERE user_id = :id AND workspace_id = :where",
        id=person.user.id,
        where=person.workspace_id,
    )


async def _revoke(db: Database, person: Person, auth: AuthService, key_id: UUID | None) -> None:
    del db
    assert key_id is not None
    await auth.keys.revoke(person.principal, key_id)


async def _execute(db: Database, statement: str, **values: Any) -> None:
    owner = Database(db.url)
    async with owner.system("test") as session:
        await session.execute(text(statement), values)
    await owner.close()


@pytest.mark.parametrize("end", [_disable, _leave, _revoke])
async def test_it_ends_with_its_owner_or_its_key(
    db: Database,
    make_desk: MakeDesk,
    make_user: MakeUser,
    make_key: MakeKey,
    auth: AuthService,
    end: Ending,
) -> None:
    home = await make_user()
    person = await make_user(workspace_id=home.workspace_id, role=Role.MEMBER)
    key = await make_key(person)
    me = await auth.authenticate(Credential(key.text)) if end is _revoke else person.principal
    desk = make_desk(me)
    schedule = await desk.add(rrule="FREQ=MINUTELY;INTERVAL=15")
    await fire(desk)
    who = await acting(desk, schedule)
    assert who is not None
    assert not await auth.still_valid([who]), "a run that is under way may go on"
    await end(db, person, auth, key.key.id)
    assert who.user_id in await auth.still_valid([who]), "a run that is under way ends, too"
    desk.set("2027-03-01T09:15:01")
    await desk.end_runs(schedule)
    await desk.begin()
    assert len(await desk.runs(schedule)) == 1
    shown = await desk.get(schedule)
    assert (shown.terms.enabled, shown.off_code, shown.next_at) == (False, "auth.revoked", None)


async def test_a_lower_role_of_its_owner_is_a_lower_one_of_its_runs(
    db: Database, make_desk: MakeDesk, make_user: MakeUser, auth: AuthService
) -> None:
    home = await make_user()
    person = await make_user(workspace_id=home.workspace_id, role=Role.ADMIN)
    desk = make_desk(person.principal)
    schedule = await desk.add(rrule="FREQ=MINUTELY;INTERVAL=15")
    await fire(desk)
    first = await acting(desk, schedule)
    assert first is not None
    assert first.role is Role.ADMIN
    await _set_role(db, person, "member")
    assert first.user_id in await auth.still_valid([first]), "it has more than its owner now"
    await desk.end_runs(schedule)
    desk.set("2027-03-01T09:15:01")
    await desk.begin()
    second = await acting(desk, schedule)
    assert second is not None
    assert second.role is Role.MEMBER
    await _set_role(db, person, "owner")
    assert not await auth.still_valid([second]), "a higher role takes nothing away"
    await desk.end_runs(schedule)
    desk.set("2027-03-01T09:30:01")
    await desk.begin()
    third = await acting(desk, schedule)
    assert third is not None
    assert third.role is Role.ADMIN, "and gives no more than its maker had"


async def _set_role(db: Database, person: Person, role: str) -> None:
    await _execute(
        db,
        "UPDATE memberships SET role = :role WHERE user_id = :id AND workspace_id = :where",
        role=role,
        id=person.user.id,
        where=person.workspace_id,
    )


async def test_nobody_else_sees_or_changes_it(
    desk: Desk, make_desk: MakeDesk, make_user: MakeUser
) -> None:
    schedule = await desk.add()
    fellow = make_desk((await make_user(workspace_id=desk.me.workspace_id)).principal)
    schedules = fellow.scheduling.schedules
    for asked in (
        schedules.get(fellow.me, schedule.id),
        schedules.delete(fellow.me, schedule.id),
        schedules.list_firings(fellow.me, schedule.id, limit=5),
        schedules.update(fellow.me, schedule.id, lambda had: had),
    ):
        with pytest.raises(ScheduleNotFoundError):
            await asked
    assert (await schedules.list_recent(fellow.me, limit=5)).items == []

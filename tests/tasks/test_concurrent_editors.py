"""People and a model at the same tasks, in any order, over the real database.

History replays to what is stored, families keep their rules, and no step without force has
overwritten what a person wrote.
"""

import asyncio
from collections.abc import Coroutine
from datetime import date
from typing import Any, TypeVar, cast
from uuid import UUID

import pytest
from hypothesis import HealthCheck, Phase
from hypothesis import settings as bounds
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    multiple,
    rule,
    run_state_machine_as_test,
)

from vectal.accounts.contracts import NewPerson
from vectal.accounts.service import AccountService
from vectal.auth.principal import Principal, Role
from vectal.platform.config import Settings
from vectal.platform.db import Database
from vectal.platform.errors import AppError
from vectal.platform.events import append
from vectal.platform.ids import new_id
from vectal.tasks.contracts import (
    Changeset,
    ChangesetItem,
    Origin,
    Proposal,
    Task,
    TaskFields,
    TaskFilter,
)
from vectal.tasks.errors import VersionConflictError
from vectal.tasks.fields import clean, encode, fields_of, is_same
from vectal.tasks.merging import units_of
from vectal.tasks.service import TaskServices

T = TypeVar("T")
Fields = dict[str, Any]

_changes = st.fixed_dictionaries(
    {},
    optional={
        "title": st.sampled_from(["one", "two", "three"]),
        "notes": st.sampled_from(["", "x", "y"]),
        "status": st.sampled_from(["todo", "doing", "done"]),
        "priority": st.integers(1, 4),
        "labels": st.lists(st.sampled_from(["a", "b", "c"]), unique=True),
        "due_on": st.none() | st.dates(date(2026, 7, 1), date(2026, 7, 9)),
    },
).filter(bool)


class Editors(RuleBasedStateMachine):
    """Two people of one workspace, and a model that works for the first."""

    tasks = Bundle("tasks")
    changesets = Bundle("changesets")
    # One loop and one pool for all runs; each run has its own workspace.
    loop: asyncio.Runner
    database: Database

    def __init__(self) -> None:
        super().__init__()
        self._left: dict[UUID, Fields] = {}
        """What accepting an item left in the fields that it touched."""

    def _run(self, work: Coroutine[Any, Any, T]) -> T:
        return self.loop.run(work)

    def _try(self, work: Coroutine[Any, Any, T]) -> T | None:
        """Run a step that may be refused with a reason; anything else is a fault."""
        try:
            return self._run(work)
        except AppError as error:
            assert error.status < 500  # noqa: PT017  # a refusal is fine, a crash is not
            return None

    @initialize()
    def move_in(self) -> None:
        accounts = AccountService.build(self.database)
        self._services = TaskServices.build(self.database, accounts.members)

        async def register() -> Principal:
            async with self.database.system("tests") as session:
                person = NewPerson(f"{new_id()}@example.com", "Ann", "x", "Europe/Berlin")
                user = await accounts.people.register(session, person)
                home = await accounts.people.open_home(session, user.id)
            return Principal(user.id, home, Role.OWNER, timezone="Europe/Berlin")

        self._me = self._run(register())

    def teardown(self) -> None:
        self.check()

    # --- people ---------------------------------------------------------------------------

    @rule(target=tasks, fields=_changes)
    def create(self, fields: Fields) -> UUID:
        return self._run(self._create({"title": "one", **fields})).id

    @rule(target=tasks, parent=tasks)
    def create_below(self, parent: UUID) -> Any:
        made = self._try(self._create({"title": "child", "parent_id": parent}))
        return made.id if made else _nothing()

    @rule(task=tasks, fields=_changes)
    def edit(self, task: UUID, fields: Fields) -> None:
        self._try(self._edit(task, fields))

    @rule(task=tasks, parent=st.none() | tasks)
    def move_below(self, task: UUID, parent: UUID | None) -> None:
        self._try(self._edit(task, {"parent_id": parent}))

    @rule(task=tasks)
    def delete(self, task: UUID) -> None:
        self._try(self._services.tasks.delete(self._me, task))

    @rule(task=tasks)
    def restore(self, task: UUID) -> None:
        self._try(self._services.tasks.restore(self._me, task))

    @rule(task=tasks, one=_changes, other=_changes)
    def edit_the_same_version_at_once(self, task: UUID, one: Fields, other: Fields) -> None:
        """Of two people who saw the same version, one is told of the other."""
        before = self._find(task)
        if before is None:
            return
        results = self._run(
            self._race(self._edit(task, one, before), self._edit(task, other, before))
        )
        lost = [result for result in results if isinstance(result, VersionConflictError)]
        written = [result for result in results if isinstance(result, Task)]
        assert len(lost) + len(written) == 2
        changed = [result for result in written if result.version > before.version]
        assert len(changed) <= 1
        for conflict in lost:
            assert conflict.extra["current"]["version"] == before.version + 1

    # --- the model ------------------------------------------------------------------------

    @rule(target=changesets, task=tasks, fields=_changes, title=st.sampled_from(["new", "one"]))
    def propose(self, task: UUID, fields: Fields, title: str) -> Any:
        top = new_id()
        made = self._try(
            self._propose(
                Proposal("update", cast("TaskFields", fields), task),
                Proposal("create", TaskFields(title=title), top),
                Proposal("create", TaskFields(title="step", parent_id=top)),
            )
        )
        return made or _nothing()

    @rule(target=changesets, task=tasks, operation=st.sampled_from(["complete", "delete"]))
    def propose_an_end(self, task: UUID, operation: Any) -> Any:
        return self._try(self._propose(Proposal(operation, task_id=task))) or _nothing()

    @rule(changeset=changesets, which=st.none() | st.integers(0, 2), force=st.booleans())
    def accept(self, changeset: Changeset, which: int | None, *, force: bool) -> None:
        before = self._items(changeset)
        snapshot = {item.task_id: self._find(item.task_id) for item in before}
        done = self._try(
            self._services.changesets.accept(
                self._me, changeset.id, _chosen(changeset, which), force=force
            )
        )
        for old, new in zip(before, done.items if done else (), strict=False):
            if old.status != "accepted" and new.status == "accepted":
                task = self._find(new.task_id)
                self._left[new.id] = cast("Fields", fields_of(task)) if task else {}
        if done and not force:
            self._check_nothing_of_a_person_is_lost(before, snapshot, "before")

    @rule(changeset=changesets, which=st.none() | st.integers(0, 2), force=st.booleans())
    def undo(self, changeset: Changeset, which: int | None, *, force: bool) -> None:
        before = self._items(changeset)
        snapshot = {item.task_id: self._find(item.task_id) for item in before}
        done = self._try(
            self._services.changesets.undo(
                self._me, changeset.id, _chosen(changeset, which), force=force
            )
        )
        if done and not force:
            self._check_nothing_of_a_person_is_lost(before, snapshot, "left")

    @rule(changeset=changesets, which=st.integers(0, 2), fields=_changes)
    def edit_what_is_proposed(self, changeset: Changeset, which: int, fields: Fields) -> None:
        """Only what waits is edited; what was proposed stays to be seen, and no task moves."""
        old = self._items(changeset)[which % len(changeset.items)]
        known = fields if old.operation == "create" else old.after or {}
        named = {name: fields[name] for name in fields if name in known}
        tasks = [self._find(item.task_id) for item in changeset.items]
        edit = self._services.changesets.edit
        done = self._try(edit(self._me, changeset.id, old.id, cast("TaskFields", named)))
        if done is None:
            return
        new = done.items[old.position]
        assert old.status in {"pending", "conflict"}
        assert (new.before, new.operation, new.task_id) == (old.before, old.operation, old.task_id)
        first = old.after if old.proposed is None else old.proposed
        assert new.proposed == (first if new.edited_at else None)
        wanted = clean(cast("TaskFields", named))
        assert encode(wanted).items() <= (new.after or {}).items()
        assert [self._find(item.task_id) for item in changeset.items] == tasks

    @rule(changeset=changesets, which=st.none() | st.integers(0, 2))
    def reject(self, changeset: Changeset, which: int | None) -> None:
        self._try(
            self._services.changesets.reject(self._me, changeset.id, _chosen(changeset, which))
        )

    @rule(changeset=consumes(changesets), title=st.sampled_from(["mine", "ours"]))
    def write_while_it_is_accepted(self, changeset: Changeset, title: str) -> None:
        """Whoever comes first: in the end the title is what the person wrote."""
        task_id = changeset.items[0].task_id
        task = self._find(task_id)
        if task is None or changeset.items[0].operation == "delete":
            return
        services = self._services.changesets
        results = self._run(
            self._race(
                services.accept(self._me, changeset.id),
                self._edit(task_id, {"title": title}),
                services.accept(self._me, changeset.id),
            )
        )
        for result in results:
            assert isinstance(result, (Changeset, Task, AppError)), result
        now = self._find(task_id)
        proposed = (changeset.items[0].after or {}).get("title")
        if task.title != title or proposed is None:
            assert now is not None
            assert now.title == title

    # --- what always holds ----------------------------------------------------------------

    @rule()
    def check(self) -> None:
        everything = {task.id: task for task in self._all()}
        for task in everything.values():
            assert self._replay(task.id) == encode(fields_of(task))
            children = [one for one in everything.values() if one.parent_id == task.id]
            assert task.subtasks.total == sum(one.status != "cancelled" for one in children)
            assert task.subtasks.done == sum(one.status == "done" for one in children)
            assert all(one.project_id == task.project_id for one in children)
            line, here = [task.id], task
            while here.parent_id is not None:
                here = everything[here.parent_id]
                line.append(here.id)
                assert len(line) <= 5

    def _check_nothing_of_a_person_is_lost(
        self,
        items: list[ChangesetItem],
        snapshot: dict[UUID, Task | None],
        base: str,
    ) -> None:
        """A field may only have moved if it held what the change believed that it held."""
        for task_id, old in snapshot.items():
            new = self._find(task_id)
            if old is None or new is None:
                continue
            before, after = cast("Fields", fields_of(old)), cast("Fields", fields_of(new))
            moved = [name for name in before if not is_same(name, before[name], after[name])]
            for unit in units_of(moved):
                if unit == ("labels",):
                    continue
                believed = [
                    cast("Fields", item.before or {}) if base == "before" else self._left[item.id]
                    for item in items
                    if item.task_id == task_id and (base == "before" or item.id in self._left)
                ]
                now = encode(cast("TaskFields", before))
                assert any(
                    all(now[name] == _as_json(belief, name) for name in unit) for belief in believed
                ), (unit, now, believed)

    # --- in few words ---------------------------------------------------------------------

    async def _create(self, fields: Fields) -> Task:
        return await self._services.tasks.create(self._me, cast("TaskFields", fields))

    async def _edit(self, task: UUID, fields: Fields, seen: Task | None = None) -> Task:
        return await self._services.tasks.update(
            self._me, task, cast("TaskFields", fields), version=seen.version if seen else None
        )

    async def _propose(self, *proposals: Proposal) -> Changeset:
        return await self._services.changesets.propose(self._me, Origin(), proposals)

    async def _race(self, *work: Coroutine[Any, Any, Any]) -> list[Any]:
        return await asyncio.gather(*work, return_exceptions=True)

    def _find(self, task: UUID) -> Task | None:
        return self._try(self._services.tasks.get(self._me, task))

    def _items(self, changeset: Changeset) -> list[ChangesetItem]:
        return list(self._run(self._services.changesets.get(self._me, changeset.id)).items)

    def _all(self) -> list[Task]:
        page = self._run(
            self._services.lists.list_tasks(self._me, TaskFilter(), sort="created", limit=200)
        )
        assert page.next_cursor is None
        return list(page.items)

    def _replay(self, task: UUID) -> Fields:
        entries = self._run(self._services.lists.list_history(self._me, task, limit=200)).items
        versions = [entry.version for entry in entries]
        assert versions == sorted(set(versions), reverse=True)
        state = encode(
            TaskFields(
                title="",
                notes="",
                status="todo",
                priority=4,
                project_id=None,
                parent_id=None,
                labels=[],
                due_on=None,
                due_at=None,
                assignee_id=None,
            )
        )
        for entry in reversed(entries):
            for change in entry.changes:
                if change.field in state:
                    assert state[change.field] == change.before
                    state[change.field] = change.after
        return state


def _nothing() -> Any:
    return cast("Any", multiple())  # of nothing, so its type is unknown


def _chosen(changeset: Changeset, which: int | None) -> list[UUID] | None:
    if which is None or which >= len(changeset.items):
        return None
    return [changeset.items[which].id]


def _as_json(fields: Fields, name: str) -> Any:
    """A field of an item is JSON already; one of a task is a value."""
    if name not in fields:
        return object()
    value = fields[name]
    return (
        value
        if isinstance(value, str | int | None)
        else encode(cast("TaskFields", {name: value}))[name]
    )


@pytest.mark.timeout(300)
def test_concurrent_editors(settings: Settings) -> None:
    assert settings.database_url is not None
    url = settings.database_url.get_secret_value()
    with asyncio.Runner() as loop:
        Editors.loop = loop
        Editors.database = Database(url, outbox=append, pool_size=4)
        try:
            run_state_machine_as_test(Editors, settings=BOUNDED)
        finally:
            loop.run(Editors.database.close())


BOUNDED = bounds(
    max_examples=15,
    stateful_step_count=20,
    deadline=None,
    # Without shrinking: steps take a while, and a failure prints them all the same.
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
    suppress_health_check=(HealthCheck.too_slow, HealthCheck.filter_too_much),
)

"""SQL of budgets. Times of slices are the database's, so that clocks of processes don't matter.

Whoever changes amounts holds the lock of the period's row. Locks are taken in the order of the
key, so that nobody waits in a circle.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import func, select, tuple_, update

from vectal.ai.budgets.amounts import Unit, to_amount, to_decimal
from vectal.ai.budgets.holding import HoldingKey
from vectal.ai.budgets.rules import BudgetRule
from vectal.ai.budgets.slices import Ledger, Slice
from vectal.ai.tables_budgets import BudgetPeriodRow, BudgetRow
from vectal.platform.db import DataScope, ReadSession, WriteSession
from vectal.platform.db.driver import Record

CHANNEL: Final = "vectal_budgets"
"""Rung when budgets were changed, and when amounts are wanted back."""

_KEYS: Final = "unnest($1::uuid[], $2::uuid[], $3::timestamptz[])"
_KEY: Final = "workspace_id, budget_id, starts_at"

# The one that never ends began in 1970.
_PURGE_PERIODS: Final = f"""
    DELETE FROM ai_budget_periods WHERE ({_KEY}) IN (
        SELECT p.workspace_id, p.budget_id, p.starts_at FROM ai_budget_periods p
        JOIN ai_budgets b ON b.workspace_id = p.workspace_id AND b.id = p.budget_id
        WHERE b.period <> 'total' AND p.leased = 0
            AND p.starts_at < clock_timestamp() - $1::interval
            AND NOT EXISTS (
                SELECT 1 FROM ai_budget_slices s
                WHERE (s.workspace_id, s.budget_id, s.starts_at)
                    = (p.workspace_id, p.budget_id, p.starts_at)
            )
        ORDER BY 1, 2, 3 LIMIT $2 FOR UPDATE OF p SKIP LOCKED
    ) RETURNING 1"""  # noqa: S608 - our own names

_RULES: Final = """
    SELECT workspace_id, id, name, subject_kind, subject_id, unit, period, timezone, cap, version
    FROM ai_budgets WHERE workspace_id = ANY($1::uuid[]) AND enabled ORDER BY id"""
_ENSURE: Final = f"""
    INSERT INTO ai_budget_periods ({_KEY})
    SELECT k.workspace_id, k.budget_id, k.starts_at FROM {_KEYS} AS k({_KEY})
    JOIN ai_budgets b ON b.workspace_id = k.workspace_id AND b.id = k.budget_id
    ORDER BY 1, 2, 3 ON CONFLICT DO NOTHING"""  # noqa: S608 - our own names
_LOCK: Final = f"""
    SELECT p.workspace_id, p.budget_id, p.starts_at, p.spent, p.leased, p.in_doubt, p.overdraft,
        b.cap, b.unit,
        coalesce(p.wanted_at > clock_timestamp() - interval '3 seconds', false) AS wanted
    FROM {_KEYS} AS k({_KEY}) JOIN ai_budget_periods p USING ({_KEY})
    JOIN ai_budgets b ON b.workspace_id = p.workspace_id AND b.id = p.budget_id
    ORDER BY 1, 2, 3 FOR UPDATE OF p"""  # noqa: S608 - our own names
_SLICES: Final = f"""
    SELECT s.workspace_id, s.budget_id, s.starts_at, s.amount, s.settled, s.overdraft,
        s.reclaimed_at IS NOT NULL AS reclaimed,
        coalesce(s.reported_at < p.wanted_at, false) AS asked
    FROM {_KEYS} AS k({_KEY}) JOIN ai_budget_periods p USING ({_KEY})
    JOIN ai_budget_slices s USING ({_KEY}) WHERE s.holder = $4"""  # noqa: S608 - our own names
_WRITE: Final = f"""
    WITH entry AS (
        SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::timestamptz[], $4::numeric[],
            $5::numeric[], $6::numeric[], $7::numeric[], $8::numeric[], $9::numeric[],
            $10::numeric[], $11::boolean[])
        AS e({_KEY}, spent, leased, in_doubt, overdraft, amount, settled, beyond, closes)
    ), moved AS (
        UPDATE ai_budget_periods p SET spent = e.spent, leased = e.leased,
            in_doubt = e.in_doubt, overdraft = e.overdraft
        FROM entry e WHERE p.workspace_id = e.workspace_id AND p.budget_id = e.budget_id
            AND p.starts_at = e.starts_at
    ), closed AS (
        DELETE FROM ai_budget_slices s USING entry e
        WHERE e.closes AND s.holder = $12 AND s.workspace_id = e.workspace_id
            AND s.budget_id = e.budget_id AND s.starts_at = e.starts_at
    )
    INSERT INTO ai_budget_slices
        ({_KEY}, holder, amount, settled, overdraft, reported_at, expires_at)
    SELECT {_KEY}, $12, amount, settled, beyond, clock_timestamp(),
        clock_timestamp() + make_interval(secs => $13)
    FROM entry WHERE NOT closes
    ON CONFLICT ({_KEY}, holder) DO UPDATE SET amount = excluded.amount,
        settled = excluded.settled, overdraft = excluded.overdraft,
        reported_at = excluded.reported_at, expires_at = excluded.expires_at,
        reclaimed_at = NULL"""  # noqa: S608 - our own names
_ASK: Final = f"""
    UPDATE ai_budget_periods p SET wanted_at = clock_timestamp() FROM {_KEYS} AS k({_KEY})
    WHERE p.workspace_id = k.workspace_id AND p.budget_id = k.budget_id
        AND p.starts_at = k.starts_at
    RETURNING p.workspace_id, p.budget_id, p.starts_at, p.wanted_at, pg_notify('{CHANNEL}', '')"""  # noqa: S608 - our own names
_UNANSWERED: Final = f"""
    SELECT DISTINCT s.workspace_id, s.budget_id, s.starts_at
    FROM unnest($1::uuid[], $2::uuid[], $3::timestamptz[], $4::timestamptz[])
        AS k({_KEY}, asked_at)
    JOIN ai_budget_slices s USING ({_KEY})
    WHERE s.holder <> $5 AND s.amount > 0 AND s.reclaimed_at IS NULL
        AND s.reported_at < k.asked_at
        -- What is held for a batch at its vendor is in use for hours; nobody gives it back.
        AND s.expires_at < s.reported_at + interval '1 hour'"""  # noqa: S608 - our own names
_WANTED: Final = f"""
    SELECT s.workspace_id, s.budget_id, s.starts_at
    FROM ai_budget_slices s JOIN ai_budget_periods p USING ({_KEY})
    WHERE s.holder = $1 AND s.amount > 0 AND s.reported_at < p.wanted_at"""  # noqa: S608 - our own names
_LOCK_SILENT: Final = f"""
    WITH silent AS (
        SELECT DISTINCT {_KEY} FROM ai_budget_slices
        WHERE reclaimed_at IS NULL AND expires_at < clock_timestamp() LIMIT $1
    )
    SELECT p.workspace_id, p.budget_id, p.starts_at
    FROM silent JOIN ai_budget_periods p USING ({_KEY})
    ORDER BY 1, 2, 3 FOR UPDATE OF p SKIP LOCKED"""  # noqa: S608 - our own names
_RECLAIM: Final = f"""
    WITH taken AS (
        UPDATE ai_budget_slices s SET reclaimed_at = clock_timestamp()
        FROM {_KEYS} AS k({_KEY})
        WHERE s.workspace_id = k.workspace_id AND s.budget_id = k.budget_id
            AND s.starts_at = k.starts_at AND s.reclaimed_at IS NULL
            AND s.expires_at < clock_timestamp()
        RETURNING s.workspace_id, s.budget_id, s.starts_at, s.amount
    ), total AS (
        SELECT {_KEY}, sum(amount) AS amount FROM taken GROUP BY {_KEY}
    ), moved AS (
        UPDATE ai_budget_periods p SET leased = p.leased - t.amount,
            in_doubt = p.in_doubt + t.amount
        FROM total t WHERE p.workspace_id = t.workspace_id AND p.budget_id = t.budget_id
            AND p.starts_at = t.starts_at
    )
    SELECT count(*) FROM taken"""  # noqa: S608 - our own names
_HELD: Final = """
    SELECT s.workspace_id, s.budget_id, s.starts_at, b.unit FROM ai_budget_slices s
    JOIN ai_budgets b ON b.workspace_id = s.workspace_id AND b.id = s.budget_id
    WHERE s.holder = $1"""
_PURGE: Final = """
    DELETE FROM ai_budget_slices WHERE reclaimed_at < clock_timestamp() - interval '1 day'"""


@dataclass(frozen=True, slots=True)
class Locked:
    """A period whose row is locked, and our slice of it.

    `wanted`: somebody has asked for what is free since we last reported, or a moment ago.
    """

    ledger: Ledger
    held: Slice | None
    wanted: bool


@dataclass(frozen=True, slots=True)
class Entry:
    """What a period and our slice of it become; `closes` ends the slice."""

    key: HoldingKey
    unit: Unit
    ledger: Ledger
    held: Slice
    closes: bool = False


async def list_budgets(session: ReadSession, scope: DataScope) -> Sequence[BudgetRow]:
    """All of the workspace, oldest first; their number is bounded."""
    return await session.scalars(
        select(BudgetRow)
        .where(BudgetRow.workspace_id == scope.workspace_id)
        .order_by(BudgetRow.created_at, BudgetRow.id)
    )


async def list_periods(
    session: ReadSession, keys: Collection[HoldingKey]
) -> Sequence[BudgetPeriodRow]:
    """Those of the given ones that have been used."""
    key = tuple_(BudgetPeriodRow.workspace_id, BudgetPeriodRow.budget_id, BudgetPeriodRow.starts_at)
    return await session.scalars(select(BudgetPeriodRow).where(key.in_(keys)))


async def find_budget(session: ReadSession, scope: DataScope, budget_id: UUID) -> BudgetRow | None:
    return await session.get(BudgetRow, (scope.workspace_id, budget_id))


async def count_budgets(session: ReadSession, scope: DataScope) -> int:
    statement = select(func.count()).where(BudgetRow.workspace_id == scope.workspace_id)
    return await session.scalar(statement) or 0


async def add_budget(session: WriteSession, row: BudgetRow) -> None:
    session.add(row)
    await session.flush()
    await _ring(session)


async def change_budget(
    session: WriteSession,
    scope: DataScope,
    budget_id: UUID,
    version: int,
    values: Mapping[str, Any],
) -> bool:
    """Apply `values` when the row still has `version`; tells whether it did."""
    statement = (
        update(BudgetRow)
        .where(
            BudgetRow.workspace_id == scope.workspace_id,
            BudgetRow.id == budget_id,
            BudgetRow.version == version,
        )
        .values(**values, version=BudgetRow.version + 1, updated_at=func.now())
        .execution_options(synchronize_session=False)
    )
    await _ring(session)
    return await session.change(statement) == 1


async def delete_budget(session: WriteSession, row: BudgetRow) -> None:
    await session.delete(row)
    await session.flush()
    await _ring(session)


async def load_rules(
    session: ReadSession, workspace_ids: Collection[UUID]
) -> dict[UUID, list[BudgetRule]]:
    """The budgets that are switched on, for each of the workspaces."""
    rules: dict[UUID, list[BudgetRule]] = {each: [] for each in workspace_ids}
    driver = await session.connection()
    for row in await driver.fetch(_RULES, list(workspace_ids)):
        rules[row["workspace_id"]].append(_read_rule(row))
    return rules


async def ensure_periods(session: WriteSession, keys: Collection[HoldingKey]) -> None:
    """Make the rows of these periods, unless they are there or their budget is gone."""
    driver = await session.connection()
    await driver.execute(_ENSURE, *_columns(keys))


async def lock_periods(
    session: WriteSession, holder: UUID, keys: Collection[HoldingKey]
) -> dict[HoldingKey, Locked]:
    """Lock periods until the transaction ends; those of deleted budgets are missing."""
    driver = await session.connection()
    periods = await driver.fetch(_LOCK, *_columns(keys))
    # A statement of its own, since it must see what was committed while we waited for the lock.
    slices = {_key(row): row for row in await driver.fetch(_SLICES, *_columns(keys), holder)}
    return {_key(row): _read_locked(row, slices.get(_key(row))) for row in periods}


async def write_entries(
    session: WriteSession, holder: UUID, entries: Collection[Entry], lease_s: float
) -> None:
    """Write down what locked periods and our slices of them become; renews the lease."""
    driver = await session.connection()
    amounts = [_amounts(entry) for entry in entries]
    await driver.execute(
        _WRITE,
        *_columns([entry.key for entry in entries]),
        *(list(column) for column in zip(*amounts, strict=True)),
        [entry.closes for entry in entries],
        holder,
        lease_s,
    )


async def ask_back(
    session: WriteSession, keys: Collection[HoldingKey]
) -> dict[HoldingKey, datetime]:
    """Ask the other processes for what they don't use of locked periods; returns when."""
    driver = await session.connection()
    rows = await driver.fetch(_ASK, *_columns(keys))
    return {_key(row): row["wanted_at"] for row in rows}


async def find_unanswered(
    session: ReadSession, holder: UUID, asked: Mapping[HoldingKey, datetime]
) -> set[HoldingKey]:
    """Of which periods another process holds a part and has not reported since it was asked."""
    driver = await session.connection()
    rows = await driver.fetch(_UNANSWERED, *_columns(asked), list(asked.values()), holder)
    return {_key(row) for row in rows}


async def find_wanted(session: ReadSession, holder: UUID) -> set[HoldingKey]:
    """Of which periods somebody wants back what we don't use."""
    driver = await session.connection()
    return {_key(row) for row in await driver.fetch(_WANTED, holder)}


async def list_held(session: ReadSession, holder: UUID) -> dict[HoldingKey, Unit]:
    """The periods that somebody holds a part of, and their units."""
    driver = await session.connection()
    return {_key(row): row["unit"] for row in await driver.fetch(_HELD, holder)}


async def reclaim_expired(session: WriteSession, limit: int) -> int:
    """Count what silent processes hold as in doubt; returns how many slices. Skips locked rows."""
    driver = await session.connection()
    keys = [_key(row) for row in await driver.fetch(_LOCK_SILENT, limit)]
    if not keys:
        return 0
    return int(await driver.fetchval(_RECLAIM, *_columns(keys)))


async def purge_periods(session: WriteSession, keep: timedelta, limit: int) -> int:
    """Forget periods that began so long ago and that no process holds anything of."""
    driver = await session.connection()
    return len(await driver.fetch(_PURGE_PERIODS, keep, limit))


async def purge_reclaimed(session: WriteSession) -> None:
    """Forget whose the amounts in doubt were, once their process can't come back."""
    driver = await session.connection()
    await driver.execute(_PURGE)


async def _ring(session: WriteSession) -> None:
    """Let every process read the budgets anew at once."""
    await session.execute(select(func.pg_notify(CHANNEL, "")))


def _key(row: Record) -> HoldingKey:
    return row["workspace_id"], row["budget_id"], row["starts_at"]


def _columns(keys: Collection[HoldingKey]) -> tuple[list[object], list[object], list[object]]:
    return [key[0] for key in keys], [key[1] for key in keys], [key[2] for key in keys]


def _amounts(entry: Entry) -> tuple[object, ...]:
    ledger, held = entry.ledger, entry.held
    numbers = (
        ledger.spent, ledger.leased, ledger.in_doubt, ledger.overdraft,
        held.amount, held.settled, held.overdraft,
    )  # fmt: skip
    return tuple(to_decimal(entry.unit, number) for number in numbers)


def _read_rule(row: Record) -> BudgetRule:
    return BudgetRule(
        workspace_id=row["workspace_id"],
        id=row["id"],
        name=row["name"],
        subject_kind=row["subject_kind"],
        subject_id=row["subject_id"],
        unit=row["unit"],
        period_kind=row["period"],
        timezone=row["timezone"],
        cap=to_amount(row["unit"], row["cap"]),
        version=row["version"],
    )


def _read_locked(row: Record, ours: Record | None) -> Locked:
    unit: Unit = row["unit"]
    names = ("cap", "spent", "leased", "in_doubt", "overdraft")
    ledger = Ledger(*(to_amount(unit, row[name]) for name in names))
    if ours is None:
        return Locked(ledger, None, row["wanted"])
    amount, settled, overdraft = (
        to_amount(unit, ours[name]) for name in ("amount", "settled", "overdraft")
    )
    held = Slice(amount, settled, overdraft, ours["reclaimed"])
    return Locked(ledger, held, row["wanted"] or ours["asked"])

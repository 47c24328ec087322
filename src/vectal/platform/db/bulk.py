"""Many rows of one table in one statement.

COPY is refused on tables with row-level security, and a statement for each row costs the database
several times as much as one that unrolls an array for each column.

Rows without bytes in them go as one text of JSON: the driver looks at each element of an array in
Python, which costs a ledger more than all else that is done for its line.
"""

import functools
from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec
from sqlalchemy import JSON, Table
from sqlalchemy.dialects.postgresql.asyncpg import PGDialect_asyncpg

from vectal.platform.db.session import WriteSession

_DIALECT: Final = PGDialect_asyncpg()


async def insert_rows(
    session: WriteSession, table: Table, columns: tuple[str, ...], rows: Sequence[Sequence[Any]]
) -> None:
    """Append `rows`, whose values are in the order of `columns`; JSON is given as text."""
    if rows:
        connection = await session.connection()
        await connection.execute(_statement(table, columns), *zip(*rows, strict=True))


@functools.lru_cache(maxsize=100)
def _statement(table: Table, columns: tuple[str, ...]) -> str:
    types = [table.columns[name].type.compile(dialect=_DIALECT) for name in columns]
    arrays = ", ".join(f"${place}::{type_}[]" for place, type_ in enumerate(types, start=1))
    names = ", ".join(columns)
    return f"INSERT INTO {table.name} ({names}) SELECT * FROM unnest({arrays})"  # noqa: S608 - our own names


async def insert_lines(
    session: WriteSession, table: Table, lines: Sequence[Mapping[str, Any]]
) -> None:
    """Append `lines`, each with a value for every column; JSON is given as text.

    Those whose key is there already are left out.
    """
    if lines:
        if _documents(table):
            lines = [embedded(table, line) for line in lines]
        await insert_encoded(session, table, [msgspec.json.encode(lines)[1:-1]])


async def insert_encoded(session: WriteSession, table: Table, lines: Sequence[bytes]) -> None:
    """The same for lines that are JSON objects, with what is a document as a part of them."""
    if lines:
        connection = await session.connection()
        await connection.execute(_unrolling(table), f"[{b','.join(lines).decode()}]")


def encoded(table: Table, line: Mapping[str, Any]) -> bytes:
    """The line as `insert_encoded` takes it."""
    return msgspec.json.encode(embedded(table, line))


def embedded(table: Table, line: Mapping[str, Any]) -> Mapping[str, Any]:
    """The line with its JSON as a part of it, no longer as text."""
    documents = _documents(table)
    return {
        **line,
        **{name: msgspec.Raw(line[name].encode()) for name in documents if line[name] is not None},
    }


def listed(table: Table) -> tuple[str, str]:
    """The names of all columns, and the same with their types, for `AS line(...)`."""
    columns = [(column.name, column.type.compile(dialect=_DIALECT)) for column in table.columns]
    return (
        ", ".join(name for name, _ in columns),
        ", ".join(f"{name} {type_}" for name, type_ in columns),
    )


@functools.lru_cache(maxsize=100)
def _documents(table: Table) -> tuple[str, ...]:
    return tuple(column.name for column in table.columns if isinstance(column.type, JSON))


@functools.lru_cache(maxsize=100)
def _unrolling(table: Table) -> str:
    names, typed = listed(table)
    rows = f"json_to_recordset($1::json) AS line({typed})"
    # Who never heard of the commit sends them again.
    return f"INSERT INTO {table.name} ({names}) SELECT {names} FROM {rows} ON CONFLICT DO NOTHING"  # noqa: S608 - our own names

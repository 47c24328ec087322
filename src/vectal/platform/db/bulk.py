"""Many rows of one table in one statement.

COPY is refused on tables with row-level security, and a statement for each row costs the database
several times as much as one that unrolls an array for each column.
"""

import functools
from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import Table
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

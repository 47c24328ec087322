"""Which revision of the schema a database is at."""

from typing import Final

from sqlalchemy import text

from vectal.platform.db.engine import Database

_REVISION: Final = text("SELECT version_num FROM alembic_version")


class WrongRevisionError(Exception):
    """The schema is older or newer than this release can work with."""


async def require_revision(database: Database, expected: str) -> None:
    """Raise `WrongRevisionError` unless the schema is at `expected`, or newer.

    During a rollout the schema goes first, so servers of the release before stay ready on it;
    revisions are numbered, and the number tells which is newer.
    """
    async with database.system("schema revision") as session:
        found = str((await session.execute(_REVISION)).scalar_one())
    if found.partition("_")[0] < expected.partition("_")[0]:
        raise WrongRevisionError(f"the schema is at {found}, this release needs {expected}")

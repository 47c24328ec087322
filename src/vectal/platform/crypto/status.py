"""Whether this process was given the master keys that the database needs."""

from collections.abc import Collection

from vectal.platform.crypto import repository
from vectal.platform.crypto.errors import MasterKeyError
from vectal.platform.db import Database


async def count_keys(database: Database) -> dict[str, int]:
    """How many live data keys each master key wraps."""
    async with database.system("crypto status") as session:
        return await repository.count_by_master_key(session)


async def require_master_keys(database: Database, known: Collection[str]) -> None:
    """Raise `MasterKeyError` when stored content needs a master key that is not `known`.

    A second machine that made a key file of its own would otherwise write what the first can't
    read; so ask this before serving.
    """
    missing = sorted(set(await count_keys(database)) - set(known))
    if missing:
        raise MasterKeyError(
            f"the database holds keys wrapped by {', '.join(missing)}, which this process does not"
            " have; give it the same VECTAL_MASTER_KEY or VECTAL_MASTER_KEY_FILE as the others"
        )

"""`vectal crypto`: which master keys are in use, and their rotation."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from vectal.entrypoints.attached import attached
from vectal.platform.config import Settings
from vectal.platform.crypto import Keyring, LocalKeyWrapper, MasterKeyError, load_key_wrapper
from vectal.platform.crypto.master_keys import FILE_NAME, add_key, forget_old_keys
from vectal.platform.crypto.status import count_keys
from vectal.platform.db import Database
from vectal.platform.embedded.errors import ExitCode, OperatorError
from vectal.platform.errors import AppError

app = typer.Typer(help="Rotate encryption keys.", no_args_is_help=True)


@dataclass(frozen=True, slots=True)
class _Vault:
    """What the commands work on; `file` is None when the key comes from the environment."""

    database: Database
    wrapper: LocalKeyWrapper
    file: Path | None


@app.command()
def status() -> None:
    """Say how many data keys each master key wraps, and which one is current."""
    asyncio.run(_status(Settings()))


@app.command()
def rotate(
    *,
    data_keys: Annotated[
        bool, typer.Option("--data-keys", help="Give every owner a new data key too.")
    ] = False,
    forget_old: Annotated[
        bool, typer.Option("--forget-old", help="Drop old master keys from the key file.")
    ] = False,
) -> None:
    """Wrap all data keys under a new master key; servers may go on running.

    With the key file a new master key is made. With VECTAL_MASTER_KEY set the new one there, the
    old one in VECTAL_PREVIOUS_MASTER_KEYS, restart the servers and run this.
    """
    asyncio.run(_rotate(Settings(), data_keys=data_keys, forget_old=forget_old))


async def _status(settings: Settings) -> None:
    async with _open_vault(settings) as vault:
        current = await vault.wrapper.current_id()
        counts = await count_keys(vault.database)
    for name in sorted({current, *counts}):
        mark = "current" if name == current else "old"
        typer.echo(f"{name}  {counts.get(name, 0)} data keys  {mark}")


async def _rotate(settings: Settings, *, data_keys: bool, forget_old: bool) -> None:
    async with _open_vault(settings) as vault:
        if vault.file is not None:
            typer.echo(f"New master key: {add_key(vault.file)}")
        keyring = Keyring(vault.wrapper)
        typer.echo(f"Rewrapped: {await keyring.rewrap_all(vault.database)} data keys")
        if data_keys:
            typer.echo(f"New data keys: {await keyring.reissue_all(vault.database)} owners")
        if forget_old and vault.file is not None:
            await _forget(vault)


async def _forget(vault: _Vault) -> None:
    current = await vault.wrapper.current_id()
    left = {name for name in await count_keys(vault.database) if name != current}
    if left or vault.file is None:
        raise OperatorError(
            f"Data keys are still wrapped by {', '.join(sorted(left))}.",
            "A server made keys meanwhile. Run the command again.",
            ExitCode.FAILED,
        )
    typer.echo(f"Dropped: {forget_old_keys(vault.file)} old master keys")


@asynccontextmanager
async def _open_vault(settings: Settings) -> AsyncGenerator[_Vault]:
    async with attached(settings, redis=False) as reachable:
        if reachable.database_url is None:
            raise OperatorError(
                "There is no database.", "Set VECTAL_DATABASE_URL.", ExitCode.FAILED
            )
        database = Database(reachable.database_url.get_secret_value(), pool_size=1)
        try:
            yield _Vault(database, load_key_wrapper(settings), _find_file(settings))
        except MasterKeyError as error:
            raise OperatorError(
                "The master key can't be used.", str(error), ExitCode.BAD_SETTINGS
            ) from error
        except AppError as error:
            raise OperatorError(error.title, error.detail, ExitCode.FAILED) from error
        finally:
            await database.close()


def _find_file(settings: Settings) -> Path | None:
    if settings.master_key is not None:
        return None
    return settings.master_key_file or settings.data_dir.expanduser() / FILE_NAME

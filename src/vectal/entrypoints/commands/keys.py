"""`vectal keys …`: API keys from the command line, beside a running server."""

import asyncio
import json
from datetime import timedelta
from typing import Annotated

import typer

from vectal.auth.contracts import IssuedKey
from vectal.auth.principal import Scope
from vectal.entrypoints.people import people
from vectal.platform.clock import utc_now
from vectal.platform.config import Settings
from vectal.platform.embedded.errors import ExitCode, OperatorError

app = typer.Typer(no_args_is_help=True)


@app.callback()
def group() -> None:
    """Manage API keys."""


@app.command("create")
def create(
    email: Annotated[str, typer.Option(help="The account that the key speaks for.")],
    scopes: Annotated[str, typer.Option(help="Separated by commas; * for all.")],
    *,
    name: Annotated[str, typer.Option(help="What the key is for.")] = "Command line",
    days: Annotated[int | None, typer.Option(min=1, max=3650, help="Ends after so long.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Make a key for the account's default workspace, and print it this once."""
    wanted = _read_scopes(scopes)
    lifetime = timedelta(days=days) if days else None
    issued = asyncio.run(_create(Settings(), email, wanted, name, lifetime))
    if as_json:
        typer.echo(json.dumps(_described(issued)))
    else:
        typer.echo(issued.text)


async def _create(
    settings: Settings, email: str, scopes: list[Scope], name: str, lifetime: timedelta | None
) -> IssuedKey:
    async with people(settings) as house:
        principal = await house.auth.impersonate(await house.find(email))
        expires_at = utc_now() + lifetime if lifetime else None
        return await house.auth.keys.create(principal, name, scopes, expires_at)


def _read_scopes(text: str) -> list[Scope]:
    try:
        return [Scope(word.strip()) for word in text.split(",") if word.strip()]
    except ValueError as error:
        raise OperatorError(
            f"{error}.", f"The scopes are {', '.join(Scope)}.", ExitCode.FAILED
        ) from error


def _described(issued: IssuedKey) -> dict[str, object]:
    key = issued.key
    return {
        "id": str(key.id),
        "key": issued.text,
        "name": key.name,
        "scopes": [scope.value for scope in key.scopes],
        "workspace_id": str(key.workspace_id),
        "user_id": str(key.user_id),
        "expires_at": key.expires_at.isoformat() if key.expires_at else None,
    }

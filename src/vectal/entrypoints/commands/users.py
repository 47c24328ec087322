"""`vectal users …`: accounts from the command line, beside a running server."""

import asyncio
import json
import sys
from dataclasses import asdict
from typing import Annotated

import typer

from vectal.accounts.contracts import User
from vectal.auth.service.sign_in import NewAccount
from vectal.entrypoints.people import people
from vectal.platform.config import Settings
from vectal.platform.embedded.errors import ExitCode, OperatorError

app = typer.Typer(no_args_is_help=True)

Email = Annotated[str, typer.Option(help="The account's e-mail address.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command("create")
def create(
    email: Email,
    *,
    password_stdin: Annotated[
        bool, typer.Option("--password-stdin", help="Read the password from standard input.")
    ] = False,
    name: Annotated[str | None, typer.Option(help="The name to show.")] = None,
    admin: Annotated[bool, typer.Option("--admin", help="May administer everything.")] = False,
    as_json: AsJson = False,
) -> None:
    """Make an account with a workspace of its own."""
    account = NewAccount(email, _password(from_stdin=password_stdin), name or email.split("@")[0])
    user = asyncio.run(_create(Settings(), account, is_admin=admin))
    _say(user, "Made", as_json=as_json)


@app.command("list")
def list_users() -> None:
    """Print every account as a line of JSON, oldest first."""
    for user in asyncio.run(_list(Settings())):
        typer.echo(_as_json(user))


@app.command("disable")
def disable(email: Email, *, as_json: AsJson = False) -> None:
    """Shut an account out, everywhere and at once; its data stays."""
    _say(asyncio.run(_set_disabled(Settings(), email, disabled=True)), "Disabled", as_json=as_json)


@app.command("enable")
def enable(email: Email, *, as_json: AsJson = False) -> None:
    """Let a disabled account sign in again."""
    _say(asyncio.run(_set_disabled(Settings(), email, disabled=False)), "Enabled", as_json=as_json)


@app.command("set-password")
def set_password(
    email: Email,
    *,
    password_stdin: Annotated[
        bool, typer.Option("--password-stdin", help="Read the password from standard input.")
    ] = False,
) -> None:
    """Give an account a new password, and sign it out everywhere."""
    password = _password(from_stdin=password_stdin)
    asyncio.run(_set_password(Settings(), email, password))
    typer.echo(f"Changed the password of {email}.")


async def _create(settings: Settings, account: NewAccount, *, is_admin: bool) -> User:
    async with people(settings) as house:
        return await house.auth.sign_in.create_user(account, is_admin=is_admin)


async def _list(settings: Settings) -> list[User]:
    found: list[User] = []
    async with people(settings) as house:
        while page := await house.accounts.people.list_users(after=found[-1].id if found else None):
            found += page
    return found


async def _set_disabled(settings: Settings, email: str, *, disabled: bool) -> User:
    async with people(settings) as house:
        return await house.accounts.people.set_disabled(email, disabled=disabled)


async def _set_password(settings: Settings, email: str, password: str) -> None:
    async with people(settings) as house:
        await house.auth.sign_in.reset_password(await house.find(email), password)


def _password(*, from_stdin: bool) -> str:
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    if not sys.stdin.isatty():
        raise OperatorError(
            "There is no terminal to ask for the password.",
            "Pass --password-stdin and write the password to standard input.",
            ExitCode.FAILED,
        )
    return str(typer.prompt("Password", hide_input=True, confirmation_prompt=True))


def _say(user: User, verb: str, *, as_json: bool) -> None:
    typer.echo(_as_json(user) if as_json else f"{verb} {user.email}.")


def _as_json(user: User) -> str:
    return json.dumps(asdict(user), default=str)

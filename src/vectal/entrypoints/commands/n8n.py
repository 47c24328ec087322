"""`vectal n8n bootstrap`: an n8n that brings our runs on, set up beside a running server."""

import asyncio
import json
import os
from collections.abc import Iterator
from contextlib import AsyncExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Final

import typer

from vectal.agents.errors import N8nAwayError, N8nRefusedError
from vectal.agents.workflows.n8n.client import N8nClient
from vectal.agents.workflows.n8n.definitions import Site
from vectal.agents.workflows.n8n.deploying import Deployed, Deployer, Secrets
from vectal.agents.workflows.n8n.owner import Login, N8nOwner
from vectal.auth.principal import Scope
from vectal.entrypoints import workflows as wiring
from vectal.entrypoints.people import People, people
from vectal.platform.config import Settings
from vectal.platform.crypto import KeyWrapper, load_key_wrapper
from vectal.platform.embedded.errors import ExitCode, OperatorError
from vectal.platform.http import EgressLedger

app = typer.Typer(help="Set up n8n as an engine of agent runs.", no_args_is_help=True)

_UNAUTHORISED: Final = (401, 403)
_EXAMPLE_SCOPES: Final = (Scope.AGENTS_READ, Scope.AGENTS_WRITE, Scope.AI_USE)


@dataclass(frozen=True, slots=True)
class Bootstrapped:
    """`owner` and `api_key` say what was done to them."""

    url: str
    callback_url: str
    owner: str
    api_key: str
    things: list[Deployed]


@app.callback()
def group() -> None:
    """Keep `bootstrap` a word of its own while it is the only command."""


@app.command()
def bootstrap(
    *,
    owner: Annotated[
        str | None,
        typer.Option(help="E-mail of n8n's owner; made if n8n has none. Not needed with a key."),
    ] = None,
    password_file: Annotated[
        Path | None,
        typer.Option(help="Holds the owner's password; or set VECTAL_N8N_OWNER_PASSWORD."),
    ] = None,
    example: Annotated[
        str | None,
        typer.Option(help="Deploy the example too; its runs are this account's."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Make the key, the credentials and the workflows that n8n needs; twice changes nothing.

    Reads VECTAL_N8N_URL. The key goes to `n8n.key` in the data folder unless VECTAL_N8N_API_KEY
    is set. Start the servers anew afterwards.
    """
    done = asyncio.run(set_up(Settings(), _login(owner, password_file), example))
    typer.echo(json.dumps(asdict(done)) if as_json else "\n".join(lines_of(done)))


def _login(owner: str | None, password_file: Path | None) -> Login | None:
    if owner is None:
        return None
    try:
        password = (
            os.environ.get("VECTAL_N8N_OWNER_PASSWORD", "")
            if password_file is None
            else password_file.read_text("utf-8").strip("\r\n")
        )
    except (OSError, UnicodeDecodeError) as error:
        raise OperatorError(
            f"{password_file} can't be read: {error}", "Name a text file.", ExitCode.FAILED
        ) from error
    if not password:
        raise OperatorError(
            "The owner's password is not known.",
            "Name a --password-file, or set VECTAL_N8N_OWNER_PASSWORD.",
            ExitCode.FAILED,
        )
    return Login(owner, password)


async def set_up(settings: Settings, login: Login | None, example: str | None) -> Bootstrapped:
    """What the command does. Raises `OperatorError`."""
    if settings.n8n_url is None:
        raise OperatorError(
            "It is not known where n8n is.", "Set VECTAL_N8N_URL.", ExitCode.BAD_SETTINGS
        )
    address, site = wiring.parse_address(settings.n8n_url), wiring.site(settings)
    async with people(settings) as house, AsyncExitStack() as stack:
        ledger, stop = EgressLedger(house.database), asyncio.Event()
        writing = asyncio.create_task(ledger.run(stop))
        try:
            http = wiring.open_client(stack, ledger, address)
            owner, said, api_key = await _find_key(
                settings, N8nOwner(http, address), N8nClient(http, address, ""), site, login
            )
            client = N8nClient(http, address, api_key)
            wrapper = load_key_wrapper(settings)
            things = await _deploy(house, wrapper, Deployer(client, site), example)
        except N8nAwayError as error:
            raise OperatorError(
                f"n8n does not answer at {settings.n8n_url}: {error.__cause__ or error}",
                "Start it, and mind VECTAL_N8N_URL.",
                ExitCode.FAILED,
            ) from error
        except N8nRefusedError as error:
            raise OperatorError(
                f"n8n refused: {error}",
                "A key needs the scopes that docs/guides/n8n.md lists; a login the right password.",
                ExitCode.FAILED,
            ) from error
        finally:
            stop.set()
            await writing
    return Bootstrapped(settings.n8n_url, site.callback_url, owner, said, things)


async def _find_key(
    settings: Settings, owner: N8nOwner, client: N8nClient, site: Site, login: Login | None
) -> tuple[str, str, str]:
    """What was done to the owner and to the key, and the key."""
    known = wiring.find_api_key(settings)
    if known is not None and await _works(N8nClient(client.http, client.address, known)):
        return "left", "left", known
    if login is None:
        raise OperatorError(
            "There is no key that n8n takes.",
            "Name its owner with --owner, or set VECTAL_N8N_API_KEY.",
            ExitCode.FAILED,
        )
    is_new = await owner.enter(login)
    made = await owner.make_key(f"Vectal {site.name}")
    if settings.n8n_api_key is not None:
        raise OperatorError(
            "n8n does not take the key in VECTAL_N8N_API_KEY.",
            "Take the setting away, and this command keeps a key of its own.",
            ExitCode.FAILED,
        )
    _write_key(wiring.key_file(settings), made)
    return "made" if is_new else "left", "made", made


async def _works(client: N8nClient) -> bool:
    try:
        await client.list_all("credentials")
    except N8nRefusedError as error:
        if error.answered in _UNAUTHORISED:
            return False
        raise
    return True


def _write_key(path: Path, key: str) -> None:
    """Whole or not at all, for this account alone."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".new")
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(key + "\n")
    draft.replace(path)


async def _deploy(
    house: People, wrapper: KeyWrapper, deployer: Deployer, example: str | None
) -> list[Deployed]:
    keys = await wiring.load_keys(house.accounts, wrapper)
    api_key: str | None = None
    if example is not None and not await deployer.has_example():
        principal = await house.auth.impersonate(await house.find(example))
        issued = await house.auth.keys.create(principal, "n8n example", list(_EXAMPLE_SCOPES))
        api_key = issued.text
    secrets = Secrets(keys.webhook_secret, keys.deploy_pass, api_key)
    return await deployer.deploy(secrets, example=example is not None)


def lines_of(done: Bootstrapped) -> Iterator[str]:
    yield f"n8n at {done.url} calls {done.callback_url}"
    yield f"owner: {done.owner}"
    yield f"API key: {done.api_key}"
    for each in done.things:
        yield f"{each.what} {each.name}: {each.outcome} ({each.id})"

"""n8n, wired: where it is, by which key, and the client that reaches that host alone."""

from __future__ import annotations

from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from vectal.accounts.service import AccountService
from vectal.agents.contracts import EngineName
from vectal.agents.service.watching import N8nLink
from vectal.agents.service_workflow_tools import WorkflowToolService
from vectal.agents.workflows.n8n.address import N8nAddress, site_of
from vectal.agents.workflows.n8n.client import N8nClient
from vectal.agents.workflows.n8n.definitions import Site
from vectal.agents.workflows.n8n.passes import WorkflowKeys
from vectal.auth.service.signing import load_signing_key
from vectal.platform.clock import SystemClock
from vectal.platform.config import Settings
from vectal.platform.crypto import Keyring, KeyWrapper
from vectal.platform.db import Database
from vectal.platform.embedded.errors import ExitCode, OperatorError
from vectal.platform.http import EgressGuard, EgressLedger, HttpClient
from vectal.platform.resilience import BreakerBoard

KEY_FILE: Final = "n8n.key"
_KEY: Final = "workflows"
_KEY_BYTES: Final = 4_096


@dataclass(frozen=True, slots=True)
class Workflows:
    """What runs have of n8n; `link` is None unless both its address and a key are known."""

    engine: EngineName
    link: N8nLink | None
    tools: WorkflowToolService


async def open_workflows(
    stack: AsyncExitStack,
    settings: Settings,
    database: Database,
    keyring: Keyring,
    ledger: EgressLedger,
    accounts: AccountService,
    wrapper: KeyWrapper,
) -> Workflows:
    """Workflows as tools need the address of n8n alone."""
    address = None if settings.n8n_url is None else parse_address(settings.n8n_url)
    client = None if address is None else open_client(stack, ledger, address)
    tools = WorkflowToolService(database, keyring, address, client)
    api_key = find_api_key(settings)
    link = None
    if address is not None and client is not None and api_key is not None:
        link = N8nLink(
            client=N8nClient(client, address, api_key),
            keys=await load_keys(accounts, wrapper),
            site=site(settings),
            clock=SystemClock(),
            patience_s=settings.n8n_patience_s,
        )
    return Workflows(settings.agent_engine, link, tools)


def open_client(stack: AsyncExitStack, ledger: EgressLedger, address: N8nAddress) -> HttpClient:
    """Reaches n8n's host, also inside the house, since the operator has named it."""
    guard = EgressGuard.parse([address.host])
    client = HttpClient(ledger, guard, breakers=BreakerBoard())
    stack.push_async_callback(client.close)
    return client


async def load_keys(accounts: AccountService, wrapper: KeyWrapper) -> WorkflowKeys:
    """From the installation's own key, the same in every process."""
    return WorkflowKeys(await load_signing_key(accounts, wrapper, _KEY))


def site(settings: Settings) -> Site:
    callback_url = (settings.n8n_callback_url or settings.origin).rstrip("/")
    return Site(site_of(callback_url), callback_url)


def key_file(settings: Settings) -> Path:
    return settings.data_dir.expanduser() / KEY_FILE


def find_api_key(settings: Settings) -> str | None:
    """The one of the settings, else the one that `vectal n8n bootstrap` has left."""
    if settings.n8n_api_key is not None:
        return settings.n8n_api_key.get_secret_value()
    try:
        with key_file(settings).open("r", encoding="ascii") as file:
            return file.read(_KEY_BYTES).strip() or None
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise OperatorError(
            f"{key_file(settings)} can't be read: {error}",
            "Give this process the right to read it, or set VECTAL_N8N_API_KEY.",
            ExitCode.BAD_SETTINGS,
        ) from error


def parse_address(url: str) -> N8nAddress:
    try:
        return N8nAddress.parse(url)
    except ValueError as error:
        raise OperatorError(
            f"VECTAL_N8N_URL is not valid: {error}.",
            "docs/guides/n8n.md says what it takes.",
            ExitCode.BAD_SETTINGS,
        ) from error

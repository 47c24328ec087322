"""Tool servers, wired: their services, and the one way out to them."""

from __future__ import annotations

from contextlib import AsyncExitStack

from vectal.mcp.errors import StdioFileError
from vectal.mcp.operators import read_stdio_file
from vectal.mcp.service import (
    Calling,
    Dialler,
    Directory,
    McpServices,
    ServerToolService,
    SessionPool,
    ToolServerService,
)
from vectal.mcp.wire.http import Patience
from vectal.platform.clock import SystemClock
from vectal.platform.config import Settings
from vectal.platform.crypto import Keyring
from vectal.platform.db import Database
from vectal.platform.embedded.errors import ExitCode, OperatorError
from vectal.platform.http import EgressGuard, EgressLedger, HttpClient


def open_mcp(
    stack: AsyncExitStack,
    settings: Settings,
    database: Database,
    keyring: Keyring,
    ledger: EgressLedger,
    patience: Patience | None = None,
) -> McpServices:
    """Raises `OperatorError` when the file of programs can't be taken."""
    try:
        programs = read_stdio_file(settings.mcp_stdio)
    except StdioFileError as error:
        raise OperatorError(str(error), "Correct VECTAL_MCP_STDIO.", ExitCode.FAILED) from error
    # Servers are an administrator's choice, as providers are: what an operator has opened is open.
    guard = EgressGuard.parse(settings.egress_allow)
    client = HttpClient(ledger, guard)
    stack.push_async_callback(client.close)
    pool = SessionPool()
    stack.push_async_callback(pool.close)
    directory, dialler = Directory(database, keyring, programs), Dialler(client, patience)
    tools = ServerToolService(database, directory)
    clock = SystemClock()
    return McpServices(
        ToolServerService(database, keyring, guard, directory, dialler, tools, clock),
        tools,
        Calling(directory, tools, dialler, pool),
    )

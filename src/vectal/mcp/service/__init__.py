"""Use cases of tool servers."""

from __future__ import annotations

from dataclasses import dataclass

from vectal.mcp.service.calling import Calling
from vectal.mcp.service.dialling import Dialler
from vectal.mcp.service.directory import Directory
from vectal.mcp.service.servers import ToolServerService
from vectal.mcp.service.sessions import SessionPool
from vectal.mcp.service.tools import ServerToolService

__all__ = [
    "Calling",
    "Dialler",
    "Directory",
    "McpServices",
    "ServerToolService",
    "SessionPool",
    "ToolServerService",
]


@dataclass(frozen=True, slots=True)
class McpServices:
    servers: ToolServerService
    tools: ServerToolService
    calling: Calling

"""A real n8n as a process of its own, over a database of the run's PostgreSQL."""

from __future__ import annotations

import asyncio
import os
import signal
from asyncio.subprocess import Process
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import httpx2
from tests.fixtures.servers import ROOT

from vectal.platform.embedded.ports import find_free_port

HOME: Final = Path(os.environ.get("VECTAL_TEST_N8N", ROOT / ".venv-n8n"))
OWNER: Final = "owner@example.com"
PASSWORD: Final = "Correct-horse-1"
BOOT_S: Final = 180.0
_SILENT: Final = (
    "mcp-registry,instance-ai,agents,chat-hub,mcp,quick-connect,insights,source-control,"
    "external-secrets,community-packages"
)


@dataclass
class N8nProcess:
    """Starts, is killed, and starts again at the same address with the same data."""

    database_url: str
    folder: Path
    port: int
    password_hash: str
    arguments: tuple[str, ...] = ("start",)
    more: dict[str, str] = field(default_factory=dict[str, str])
    """Of its environment."""
    process: Process | None = None

    @classmethod
    async def make(
        cls,
        database_url: str,
        folder: Path,
        arguments: tuple[str, ...] = ("start",),
        more: dict[str, str] | None = None,
    ) -> N8nProcess:
        port, digest = find_free_port("127.0.0.1"), await _hash(PASSWORD)
        return cls(database_url, folder, port, digest, arguments, more or {})

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def start(self) -> None:
        with (self.folder / "n8n.log").open("ab") as log:
            self.process = await asyncio.create_subprocess_exec(
                HOME / "bin/node",
                HOME / "app/node_modules/n8n/bin/n8n",
                *self.arguments,
                env=self._environment(),
                cwd=self.folder,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        await self.until_ready()

    async def until_ready(self) -> None:
        async with httpx2.AsyncClient() as http, asyncio.timeout(BOOT_S):
            while True:
                assert self.process is not None
                assert self.process.returncode is None, (self.folder / "n8n.log").read_text()
                try:
                    if (await http.get(f"{self.url}/healthz/readiness")).status_code == 200:
                        return
                except httpx2.TransportError:
                    pass  # not there yet
                await asyncio.sleep(0.2)

    async def kill(self) -> None:
        """As `kill -9`: it saves nothing and says nothing."""
        if self.process is not None and self.process.returncode is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            await self.process.wait()

    def _environment(self) -> dict[str, str]:
        parts = urlsplit(self.database_url)
        return {
            "PATH": f"{HOME / 'bin'}:{os.environ['PATH']}",
            "HOME": str(self.folder),
            "N8N_USER_FOLDER": str(self.folder),
            "N8N_ENCRYPTION_KEY": "a key for tests alone",
            "N8N_HOST": "127.0.0.1",
            "N8N_LISTEN_ADDRESS": "127.0.0.1",
            "N8N_PORT": str(self.port),
            "N8N_RUNNERS_BROKER_PORT": str(self.port + 1),
            "DB_TYPE": "postgresdb",
            "DB_POSTGRESDB_HOST": parts.hostname or "",
            "DB_POSTGRESDB_PORT": str(parts.port),
            "DB_POSTGRESDB_DATABASE": parts.path.removeprefix("/"),
            "DB_POSTGRESDB_USER": parts.username or "",
            "DB_POSTGRESDB_PASSWORD": parts.password or "",
            "N8N_INSTANCE_OWNER_MANAGED_BY_ENV": "true",
            "N8N_INSTANCE_OWNER_EMAIL": OWNER,
            "N8N_INSTANCE_OWNER_PASSWORD_HASH": self.password_hash,
            "N8N_INSTANCE_OWNER_FIRST_NAME": "Vectal",
            "N8N_INSTANCE_OWNER_LAST_NAME": "Operator",
            "N8N_DISABLED_MODULES": _SILENT,
            "N8N_DIAGNOSTICS_ENABLED": "false",
            "N8N_VERSION_NOTIFICATIONS_ENABLED": "false",
            "N8N_TEMPLATES_ENABLED": "false",
            "N8N_PERSONALIZATION_ENABLED": "false",
            "N8N_BLOCK_ENV_ACCESS_IN_NODE": "true",
            "N8N_LOG_LEVEL": "info",
            **self.more,
        }


async def _hash(password: str) -> str:
    """bcrypt, by the library that n8n itself brings."""
    script = f"console.log(require('bcryptjs').hashSync({password!r}, 10))"
    process = await asyncio.create_subprocess_exec(
        HOME / "bin/node", "-e", script, cwd=HOME / "app/node_modules/n8n",
        stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, _ = await process.communicate()
    return out.decode().strip()

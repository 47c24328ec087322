"""`llmock` as a peer: somebody else's idea of OpenAI and Anthropic, in its own environment.

So we are not measured against our own idea of a provider. Its environment is made once below
`~/.cache/vectal-tests` and kept; it shares nothing with ours.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import AsyncGenerator, Generator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest
from tests.ai.actors import SeenCalls, sample_registry
from tests.ai.conftest import Stage

from vectal.ai.catalog.spec import ModelsFile
from vectal.ai.providers.egress import HttpEgress
from vectal.ai.proxy.attempts import ModelProxy, Patience
from vectal.ai.service.ai_service import AiService
from vectal.ai.service.vendors import vendor_adapters
from vectal.platform.crypto import Keyring
from vectal.platform.db import Database
from vectal.platform.http import EgressLedger, HttpClient
from vectal.platform.http.guard import EgressGuard
from vectal.platform.resilience import BreakerBoard, RetryRule

VERSION = "0.2.2"
CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "vectal-tests"
START_S = 180.0
PATIENT = Patience(
    first_word_s=2.0,
    idle_s=1.0,
    alone=RetryRule(attempts=3, first_s=0.05, longest_s=5.0),
    with_others=RetryRule(attempts=2, first_s=0.05, longest_s=5.0),
)


@dataclass(frozen=True)
class Peer:
    """A running llmock and the way to tell it what to do."""

    port: int

    @property
    def openai(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    @property
    def anthropic(self) -> str:
        return f"http://127.0.0.1:{self.port}/anthropic"

    def _ask(self, method: str, path: str, body: Any = None) -> Any:
        with httpx2.Client(base_url=f"http://127.0.0.1:{self.port}", timeout=10) as client:
            answer = client.request(method, path, json=body)
            answer.raise_for_status()
            return answer.json()

    def play(self, *behaviors: dict[str, Any]) -> None:
        """Queue faults and answers for the next requests."""
        self._ask("POST", "/_llmock/scenario", {"behaviors": list(behaviors)})

    def reset(self) -> None:
        self._ask("POST", "/_llmock/reset")

    def requests(self) -> list[dict[str, Any]]:
        return self._ask("GET", "/_llmock/requests")["requests"]

    def failures(self) -> list[str]:
        """What the peer holds against its client, as codes."""
        verdict = self._ask("GET", "/_llmock/verdict")
        return [f["code"] for f in verdict["findings"] if f["severity"] == "error"]


def _environment() -> Path:
    """The peer's own interpreter, made when it is missing; one worker makes it, others wait."""
    home = CACHE / f"llmock-{VERSION}-py{sys.version_info.major}{sys.version_info.minor}"
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / "llmock.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (home / "made").exists():
            _run(sys.executable, "-m", "venv", "--clear", str(home))
            _install(home / "bin")
            (home / "made").touch()
    return home / "bin"


def _install(binaries: Path) -> None:
    package = f"llmock=={VERSION}"
    uv = shutil.which("uv", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    if uv is None:
        _run(str(binaries / "pip"), "install", "--quiet", package)
    else:
        _run(uv, "pip", "install", "--quiet", "--python", str(binaries / "python"), package)


def _run(*command: str) -> None:
    made = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)  # noqa: S603 (our own words)
    if made.returncode:
        pytest.fail(f"{' '.join(command)} failed: {made.stderr[-2000:]}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture(scope="session")
def peer_process() -> Generator[Peer]:
    """One llmock for each worker."""
    port = _free_port()
    command = [str(_environment() / "llmock"), "serve", "--port", str(port)]
    with subprocess.Popen(  # noqa: S603 (our own words)
        [*command, "--log-level", "error"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        try:
            _wait_for(port, process)
            yield Peer(port)
        finally:
            process.terminate()


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + START_S
    while time.monotonic() < until and process.poll() is None:
        try:
            if httpx2.get(f"http://127.0.0.1:{port}/health", timeout=1).status_code == 200:
                return
        except httpx2.TransportError:
            time.sleep(0.1)
    pytest.fail("llmock did not start")


@pytest.fixture
def peer(peer_process: Peer) -> Peer:
    peer_process.reset()
    return peer_process


@pytest.fixture
async def http(db: Database) -> AsyncGenerator[HttpClient]:
    """The process's real way out, with the loopback opened as an operator would."""
    client = HttpClient(EgressLedger(db), EgressGuard.parse(["127.0.0.1"]))
    yield client
    await client.close()


@pytest.fixture
async def real(
    db: Database, keyring: Keyring, models_file: ModelsFile, http: HttpClient
) -> AsyncGenerator[Stage]:
    """The AI service with its real adapters over real sockets."""
    calls, breakers = SeenCalls(), BreakerBoard()
    proxy = ModelProxy(vendor_adapters(HttpEgress(http), 0.0), breakers, patience=PATIENT)
    guard = EgressGuard.parse(["127.0.0.1"])
    ai = AiService(db, keyring, models_file, proxy, guard, sample_registry(calls))
    yield Stage(ai, {}, calls, breakers, proxy)
    await ai.close()

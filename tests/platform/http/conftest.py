"""A client with every peer opened, and one that is guarded as in production."""

import ssl
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from typing import cast

import pytest
from tests.platform.http.peer import Peer, running_peer

from vectal.platform.http import EgressLedger, HttpClient
from vectal.platform.http.guard import EgressGuard
from vectal.platform.http.ledger import Entry

PLAIN = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""Trusts nobody; reading the system's authorities for each test would take most of the time."""


@dataclass
class KeptEntries:
    """A ledger in memory."""

    entries: list[Entry] = field(default_factory=list[Entry])

    def begin(self, entry: Entry, started: float) -> None:
        """Nobody looks at what is open."""

    def note(self, entry: Entry, started: float | None = None) -> None:
        del started
        self.entries.append(entry)

    @property
    def as_ledger(self) -> EgressLedger:
        return cast("EgressLedger", self)


@pytest.fixture
async def peer() -> AsyncGenerator[Peer]:
    async with running_peer() as made:
        yield made


@pytest.fixture
def kept() -> KeptEntries:
    return KeptEntries()


@pytest.fixture
async def client(kept: KeptEntries) -> AsyncGenerator[HttpClient]:
    made = HttpClient(kept.as_ledger, EgressGuard.parse(["127.0.0.1"]), tls=PLAIN)
    yield made
    await made.close()

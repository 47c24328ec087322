"""Use cases of research. `ResearchServices` bundles them."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from vectal.platform.clock import Clock, SystemClock
from vectal.platform.crypto import Keyring
from vectal.platform.db import Database
from vectal.platform.http import HttpClient
from vectal.research.ports import Enqueue, PageReader, Rights
from vectal.research.search import SearchEngine
from vectal.research.service.asking import Asking, Models
from vectal.research.service.reading import Reading
from vectal.research.service.rendering import Rendering
from vectal.research.service.researches import Researches
from vectal.research.service.running import Running
from vectal.research.service.sealing import ResearchSeals

__all__ = ["ResearchPorts", "ResearchServices"]


@dataclass(frozen=True, slots=True)
class ResearchPorts:
    """What others do for research. `client` reads pages: what it may reach, strangers choose."""

    models: Models
    client: HttpClient
    reader: PageReader
    rights: Rights
    enqueue: Enqueue


@dataclass(frozen=True, slots=True)
class ResearchServices:
    """What doors and jobs hold."""

    researches: Researches
    running: Running
    rendering: Rendering

    @classmethod
    def build(
        cls,
        *,
        database: Database,
        keyring: Keyring,
        engines: Sequence[SearchEngine],
        ports: ResearchPorts,
        pages_at_once: int = 4,
        clock: Clock | None = None,
    ) -> Self:
        clock, seals, engines = clock or SystemClock(), ResearchSeals(keyring), tuple(engines)
        reading = Reading(ports.client, ports.reader, asyncio.Semaphore(pages_at_once))
        asking = Asking(ports.models)
        researches = Researches(database, seals, engines, ports.models, ports.enqueue, clock)
        return cls(
            researches,
            Running(database, seals, engines, asking, reading, ports.rights, clock),
            Rendering(researches),
        )

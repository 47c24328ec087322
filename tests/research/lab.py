"""A research as a worker does it: real database, real sockets, real parser; the models are scripts.

The web is one server that stands for every site: names are resolved to it.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Any
from uuid import UUID

from tests.fixtures.accounts import Person
from tests.research.emulator import Asked, Found, Reply, Server

from vectal.ai.ports import ModelRequest
from vectal.ai.providers.simulated.scenario import Scenario
from vectal.auth.principal import Principal
from vectal.platform.db import WriteSession
from vectal.platform.http.addresses import Address
from vectal.research.contracts import DEPTHS, Depth, Limits, NewResearch, Report, Research
from vectal.research.service import ResearchServices

QUESTION = "How long is the notice period for a flat in Aldorf?"
FACT = "The notice period for a flat in Aldorf is three months."


def html(title: str, *paragraphs: str) -> str:
    body = "".join(f"<p>{each}</p>" for each in paragraphs)
    return f"<html><head><title>{title}</title></head><body><h1>{title}</h1>{body}</body></html>"


@dataclass
class Web:
    """Pages by host and path; whatever else is asked for is not found, and remembered."""

    pages: dict[str, Reply] = field(default_factory=dict[str, Reply])
    server: Server | None = None

    def __call__(self, asked: Asked) -> Reply:
        return self.pages.get(_name(asked), Reply.page("gone", 404))

    def put(self, address: str, reply: Reply) -> str:
        """A page at `alpha.test/rent`; returns its URL."""
        self.pages[address] = reply
        assert self.server is not None
        host, _, path = address.partition("/")
        return f"http://{host}:{self.server.port}/{path}"

    @property
    def asked(self) -> list[str]:
        assert self.server is not None
        return [_name(each) for each in self.server.asked]


def _name(asked: Asked) -> str:
    return asked.host.partition(":")[0] + asked.path


async def everything_is_here(host: str, port: int) -> Sequence[Address]:
    del host, port
    return [ip_address("127.0.0.1")]


_MARKS = {"You plan": "plan", "You look": "gaps", "You write": "write", "You check": "check"}


@dataclass
class Brain:
    """Plays the model of each step; None leaves it to say nothing that can be used."""

    plan: str | Callable[[ModelRequest], str] = "notice period flat Aldorf"
    gaps: str | Callable[[ModelRequest], str] = '{"missing": []}'
    write: str | Callable[[ModelRequest], str] = f"{FACT} [1]"
    check: str | Callable[[ModelRequest], str] = "1 yes"
    asked: list[ModelRequest] = field(default_factory=list[ModelRequest])

    def __call__(self, request: ModelRequest) -> Scenario:
        self.asked.append(request)
        step = self.step_of(request)
        said: str | Callable[[ModelRequest], str] = getattr(self, step)
        return Scenario(text=said if isinstance(said, str) else said(request))

    @staticmethod
    def step_of(request: ModelRequest) -> str:
        for mark, step in _MARKS.items():
            if request.system.startswith(mark):
                return step
        raise AssertionError(request.system)

    @property
    def steps(self) -> list[str]:
        return [self.step_of(request) for request in self.asked]


class Standing:
    """Everybody keeps her rights, until she is named."""

    def __init__(self) -> None:
        self.revoked: set[UUID] = set()

    async def still_valid(self, principals: Collection[Principal]) -> frozenset[UUID]:
        return frozenset(p.user_id for p in principals if p.user_id in self.revoked)


class Queued:
    def __init__(self) -> None:
        self.ids: list[UUID] = []

    async def __call__(self, session: WriteSession, user_id: UUID, research_id: UUID) -> None:
        del session, user_id
        self.ids.append(research_id)


@dataclass
class Lab:
    services: ResearchServices
    person: Person
    web: Web
    engine: Server
    found: list[Found]
    brain: Brain
    standing: Standing
    queued: Queued

    def know(self, address: str, title: str, *paragraphs: str, day: str | None = None) -> str:
        """A page that is on the web and that the engine finds."""
        url = self.web.put(address, Reply.page(html(title, *paragraphs)))
        self.found.append(Found(url, title, paragraphs[0][:150], day))
        return url

    async def begin(
        self, question: str = QUESTION, depth: Depth = "quick", **limits: Any
    ) -> Research:
        bounds: Limits = DEPTHS[depth]
        if limits:
            values: Mapping[str, Any] = {
                name: getattr(bounds, name) for name in bounds.__struct_fields__
            }
            bounds = Limits(**{**values, **limits})
        new = NewResearch(question, depth, bounds)
        return await self.services.researches.create(self.person.principal, new)

    async def work(self, research: Research) -> Research:
        await self.services.running.run(self.person.principal, research.id)
        return await self.get(research)

    async def get(self, research: Research) -> Research:
        return await self.services.researches.get(self.person.principal, research.id)

    async def report(self, research: Research) -> Report:
        _, report = await self.services.researches.get_report(self.person.principal, research.id)
        return report

    async def answer(
        self, question: str = QUESTION, depth: Depth = "quick", **limits: Any
    ) -> tuple[Research, Report]:
        """Begin, work, and look at the report."""
        done = await self.work(await self.begin(question, depth, **limits))
        assert done.state == "done", (done.code, done.detail)
        return done, await self.report(done)


def links_of(markdown: str) -> list[str]:
    """Whatever a renderer might take for an address, links and images alike."""
    unescaped = re.sub(r"\\([^\w\s])", r"\1", markdown)
    return re.findall(r"[a-z][a-z0-9+.-]*://[^\s)>\]\"']+|\bwww\.[^\s)>\]]+", unescaped)


async def until(happened: Callable[[], bool]) -> None:
    """Wait for something that others do; the test's own timeout ends it."""
    while not happened():  # noqa: ASYNC110 - what is waited for knows of no event
        await asyncio.sleep(0.01)

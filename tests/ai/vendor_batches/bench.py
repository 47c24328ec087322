"""One person with both vendors' emulator behind the gateway, and a runner that tests drive."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

from msgspec import Raw
from sqlalchemy import select
from tests.ai.vendor_batches.emulator import KEY, Emulator, Kind

from vectal.ai.ports import ListedModel
from vectal.ai.service.batches.objects import Batch, BatchDraft
from vectal.ai.service.batches.reading import MessageRequest
from vectal.ai.service.batches.runner import BatchRunner
from vectal.ai.service.batches.vendor.run import VendorPace
from vectal.ai.service.provider_rows import Provider, ProviderDraft
from vectal.ai.tables import UsageRow
from vectal.ai.tables_batches import BatchJobRow
from vectal.auth.principal import Principal
from vectal.entrypoints.services import Services
from vectal.platform.db import Scope

CHAT = "/v1/chat/completions"
MODELS: Mapping[Kind, str] = {"openai": "gpt-6.1-sol", "anthropic": "claude-haiku-5-5"}
SWIFT = VendorPace(first_s=0.0, longest_s=0.0, settle=timedelta(0))


@dataclass
class Bench:
    services: Services
    principal: Principal
    emulator: Emulator
    providers: dict[str, Provider] = field(default_factory=dict[str, Provider])

    @property
    def runner(self) -> BatchRunner:
        return replace(self.services.batches.runner, pace=SWIFT)

    @property
    def scope(self) -> Scope:
        return Scope(self.principal.workspace_id, self.principal.user_id)

    async def add(self, kind: Kind, **more: Any) -> Provider:
        models = (ListedModel(MODELS[kind], MODELS[kind]),)
        if kind == "openai":
            models = (*models, ListedModel("text-embedding-3-small", "e", embedding=True))
        name = f"{kind}-{uuid4().hex[:6]}"
        draft = ProviderDraft(kind, name, self.emulator.url(kind), KEY, models=models, **more)
        provider = await self.services.ai.providers.create(self.principal, draft)
        self.services.models.forget_reach(self.principal.workspace_id)
        self.providers[kind] = provider
        return provider

    async def start(self, kind: Kind, *texts: str, **more: Any) -> Batch:
        service = self.services.batches.service
        if kind == "anthropic":
            requests = [
                MessageRequest(f"l{n}", Raw(json.dumps(_params(kind, text, more)).encode()))
                for n, text in enumerate(texts, 1)
            ]
            return await service.create_messages(self.principal, requests)
        lines = [chat_line(f"l{n}", _params(kind, text, more)) for n, text in enumerate(texts, 1)]
        return await self.start_lines(lines)

    async def start_lines(self, lines: list[Any], endpoint: str = CHAT) -> Batch:
        body = b"\n".join(json.dumps(line).encode() for line in lines)
        file = await self.services.batches.files.upload(self.principal, "in", _once(body))
        draft = BatchDraft(endpoint, file.id)
        return await self.services.batches.service.create(self.principal, draft)

    async def get(self, batch: Batch) -> Batch:
        return await self.services.batches.service.get(self.principal, batch.id, batch.wire)

    async def run(self, batch: Batch, runner: BatchRunner | None = None) -> Batch:
        """Bring a batch to its end, a stretch after the other."""
        for _ in range(30):
            if await (runner or self.runner).run(self.scope, batch.id) is None:
                break
        return await self.get(batch)

    async def lines(self, file_id: UUID | None) -> list[Any]:
        assert file_id is not None
        files = self.services.batches.files
        file = await files.get(self.principal, file_id)
        body = b"".join([piece async for piece in files.read(self.principal, file)])
        return [json.loads(line) for line in body.splitlines()]

    async def jobs(self, batch: Batch) -> list[BatchJobRow]:
        async with self.services.database.read(self.scope) as session:
            found = await session.scalars(
                select(BatchJobRow)
                .where(BatchJobRow.batch_id == batch.id)
                .order_by(BatchJobRow.number)
            )
            return list(found)

    async def usage(self) -> list[UsageRow]:
        async with self.services.database.read(self.scope) as session:
            found = await session.scalars(
                select(UsageRow)
                .where(UsageRow.workspace_id == self.scope.workspace_id)
                .order_by(UsageRow.request_id)
            )
            return list(found)

    async def cost(self) -> Decimal:
        return sum((row.cost_usd or Decimal(0) for row in await self.usage()), Decimal(0))


def chat_line(name: str, body: Any, url: str = CHAT) -> Any:
    return {"custom_id": name, "method": "POST", "url": url, "body": body}


def _params(kind: Kind, text: str, more: Mapping[str, Any]) -> Any:
    messages = [{"role": "user", "content": text}]
    return {"model": MODELS[kind], "max_tokens": 50, "messages": messages, **more}


async def _once(body: bytes) -> AsyncGenerator[bytes]:
    yield body

"""A line of a batch as the call that it stands for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from vectal.ai.proxy.wires.registry import wire
from vectal.ai.service.batches.objects import Asked
from vectal.ai.service.batches.sending import EMBEDDINGS, WIRES
from vectal.ai.service.gateway.call import IncomingCall, Prepared
from vectal.ai.service.gateway.embedding_gateway import EmbeddingGateway
from vectal.ai.service.gateway.model_gateway import ModelGateway
from vectal.auth.principal import Principal
from vectal.platform.db import Scope

_NAME: Final = "v{batch}-{job}-"
_DIGITS: Final = 9
"""Of the number of a line: a file has less bytes than that."""


@dataclass(frozen=True, slots=True)
class LineCalls:
    """The calls of one batch."""

    models: ModelGateway
    embeddings: EmbeddingGateway
    principal: Principal
    asked: Asked
    batch_id: UUID
    endpoint: str

    @property
    def is_embedding(self) -> bool:
        return self.endpoint == EMBEDDINGS

    @property
    def principal_scope(self) -> Scope:
        """In whose name calls leave, for the egress ledger."""
        return Scope(self.principal.workspace_id, self.principal.user_id)

    def call(self, number: int, body: bytes) -> IncomingCall:
        return IncomingCall(
            principal=self.principal,
            wire=wire(WIRES[self.endpoint]),
            body=body,
            request_id=f"batch-{self.batch_id.hex}-{number}",
            project_id=self.asked.project_id,
            run_id=self.asked.run_id,
            # All lines to one provider, where several have the model.
            sticky=self.batch_id.hex,
            purpose="batch",
        )

    async def prepare(self, number: int, body: bytes) -> Prepared:
        """Raises CallRefusedError."""
        call = self.call(number, body)
        if self.is_embedding:
            return await self.embeddings.prepare(call)
        return await self.models.prepare(call)


def mark_of(batch_id: UUID, job: int) -> str:
    """What the names of a job's lines begin with, at the vendor. Letters, digits and dashes."""
    return _NAME.format(batch=batch_id.hex, job=job)


def number_in(name: str, mark: str) -> int | None:
    """The number of the line that has this name; None for a name that is none of ours."""
    digits = name.removeprefix(mark)
    if not name.startswith(mark) or not digits.isdecimal() or len(digits) > _DIGITS:
        return None
    return int(digits)

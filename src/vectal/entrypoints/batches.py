"""Batches, wired: their files, their service, and the runner with its job and sweeps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from vectal.ai.ports import Egress
from vectal.ai.providers.batches.registry import vendor_batches
from vectal.ai.service.batches.batch_service import BatchService
from vectal.ai.service.batches.files import FileService
from vectal.ai.service.batches.runner import BatchRunner
from vectal.ai.service.batches.sealed_pieces import SealedPieces
from vectal.ai.service.budget_holds import BudgetHolds
from vectal.ai.service.gateway.embedding_gateway import EmbeddingGateway
from vectal.ai.service.gateway.model_gateway import ModelGateway
from vectal.auth.service import AuthService
from vectal.entrypoints import reactions
from vectal.platform.clock import SystemClock
from vectal.platform.config import Settings
from vectal.platform.crypto import Keyring
from vectal.platform.db import Database
from vectal.platform.jobs import JobQueue, Sweep
from vectal.platform.storage import open_storage


@dataclass(frozen=True, slots=True)
class Batches:
    """What doors and background work need of batches."""

    service: BatchService
    files: FileService
    runner: BatchRunner
    sweeps: Sequence[Sweep]


def open_batches(
    settings: Settings,
    database: Database,
    keyring: Keyring,
    ways: tuple[ModelGateway, EmbeddingGateway, Egress],
    auth: AuthService,
    jobs: JobQueue,
) -> Batches:
    """Build everything and register the job. `ways` are those of a line to its model."""
    clock, (models, embeddings, egress) = SystemClock(), ways
    pieces = SealedPieces(open_storage(settings), database, keyring)
    files = FileService(database, pieces, clock, settings.batch_file_bytes)
    runner = BatchRunner(
        database,
        keyring,
        files,
        models,
        embeddings,
        auth.still_valid,
        clock,
        settings.batch_concurrency,
        vendor_batches(egress),
        BudgetHolds(database, clock),
    )
    jobs.register(reactions.make_batch_job(runner, jobs, database))
    return Batches(
        BatchService(database, keyring, files, jobs, runner, clock),
        files,
        runner,
        reactions.make_batch_sweeps(runner, jobs, database),
    )

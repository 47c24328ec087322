"""`vectal vectors migrate`: from one vector store to another, beside running servers."""

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import asdict
from typing import Annotated
from uuid import UUID

import typer
from pydantic import SecretStr

from vectal.documents.errors import VectorsUnavailableError
from vectal.documents.service.migrating import Migration, MigrationReport, Progress, Verdict
from vectal.entrypoints.attached import attached
from vectal.entrypoints.bootstrap import keeping_books, open_services
from vectal.entrypoints.documents import open_vectors
from vectal.entrypoints.services import Services
from vectal.platform.config import Settings
from vectal.platform.embedded.errors import ExitCode, OperatorError
from vectal.platform.errors import AppError

app = typer.Typer(help="Move vectors between stores.", no_args_is_help=True)
_TOLD_EVERY = 100


@app.callback()
def group() -> None:
    """Keep `migrate` a word of its own while it is the only command."""


@app.command()
def migrate(
    source: Annotated[
        str, typer.Option("--from", help="Where vectors are; in the form of VECTAL_VECTOR_URL.")
    ],
    target: Annotated[str, typer.Option("--to", help="Where they go.")],
    *,
    workspace: Annotated[
        UUID | None, typer.Option(help="Only this workspace, by its id; all by default.")
    ] = None,
    embed: Annotated[
        bool,
        typer.Option("--embed/--no-embed", help="Make what the source does not have anew."),
    ] = True,
    as_json: Annotated[bool, typer.Option("--json", help="Print the verdict as JSON.")] = False,
) -> None:
    """Copy vectors, drop what is of no document, and compare both stores.

    Servers may go on running. What was cut off goes on when it is run again. Then set
    VECTAL_VECTOR_URL, restart, and run it once more for what came meanwhile. The exit status
    is 0 when all is there and both stores answer alike.
    """
    report = asyncio.run(_migrate(Settings(), source, target, workspace, embed=embed))
    if as_json:
        typer.echo(json.dumps(_as_json(report)))
    else:
        for line in _lines(report):
            typer.echo(line)
    if not report.is_good:
        raise typer.Exit(int(ExitCode.FAILED))


async def _migrate(
    settings: Settings, source: str, target: str, workspace: UUID | None, *, embed: bool
) -> MigrationReport:
    async with _open(settings) as (services, reachable), AsyncExitStack() as stack:
        stores = [
            open_vectors(
                stack,
                reachable.model_copy(update={"vector_url": SecretStr(url)}),
                services.database,
                services.ledger,
            )
            for url in (source, target)
        ]
        migration = Migration(
            services.database,
            stores[0],
            stores[1],
            services.documents.embedders if embed else (),
            _tell,
            workspace,
        )
        try:
            return await migration.run()
        except VectorsUnavailableError as error:
            raise OperatorError(
                f"A vector store does not answer. {error.detail}".rstrip(),
                "What is copied stays: run it again when both stores are there.",
                ExitCode.FAILED,
            ) from error
        except AppError as error:
            raise OperatorError(
                f"{error.title}. {error.detail}".rstrip(), "Run it again.", ExitCode.FAILED
            ) from error


@asynccontextmanager
async def _open(settings: Settings) -> AsyncGenerator[tuple[Services, Settings]]:
    async with (
        attached(settings, redis=False) as reachable,
        open_services(reachable) as services,
        keeping_books(services),
    ):
        yield services, reachable


def _tell(progress: Progress) -> None:
    if progress.documents % _TOLD_EVERY == 1:
        typer.echo(_count(progress), err=True)


def _count(progress: Progress) -> str:
    return (
        f"{progress.documents} documents: {progress.copied} vectors copied,"
        f" {progress.embedded} made anew, {progress.kept} there already,"
        f" {progress.missing} missing, {progress.pruned} documents dropped"
    )


def _lines(report: MigrationReport) -> list[str]:
    return [_count(report.progress), *(_line(each) for each in report.verdicts)]


def _line(verdict: Verdict) -> str:
    said = "good" if verdict.is_good else "BAD"
    return (
        f"{said}: workspace {verdict.workspace_id}, model {verdict.model_id}:"
        f" {verdict.found} of {verdict.expected} vectors,"
        f" {verdict.agreed} of {verdict.asked} questions answered alike"
    )


def _as_json(report: MigrationReport) -> dict[str, object]:
    return {
        "is_good": report.is_good,
        **asdict(report.progress),
        "verdicts": [
            {**asdict(each), "workspace_id": str(each.workspace_id), "is_good": each.is_good}
            for each in report.verdicts
        ],
    }

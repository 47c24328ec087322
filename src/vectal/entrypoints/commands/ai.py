"""`vectal ai …`: models and providers from the command line, beside a running server."""

import asyncio
import json
import os
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from vectal.accounts.contracts import Role
from vectal.ai.errors import ImportRefusedError
from vectal.ai.proxy.attempts import ModelProxy
from vectal.ai.service.ai_service import AiService
from vectal.ai.service.imports import Importer, ImportReport
from vectal.ai.service.litellm_import import ImportPlan, plan_import
from vectal.entrypoints.catalogue import open_catalogue
from vectal.entrypoints.people import People, people
from vectal.platform.config import Settings
from vectal.platform.crypto import (
    Keyring,
    MasterKeyError,
    load_key_wrapper,
    require_master_keys,
)
from vectal.platform.db import DataScope, Scope
from vectal.platform.embedded.errors import ExitCode, OperatorError
from vectal.platform.http.guard import EgressGuard

_OUTCOMES = {
    "made": "made",
    "made_disabled": "made, off",
    "exists": "left alone",
    "refused": "refused",
}

app = typer.Typer(no_args_is_help=True)


@app.callback()
def group() -> None:
    """Set up models."""


@app.command("import-litellm")
def import_litellm(
    file: Annotated[Path, typer.Argument(help="A config.yaml of LiteLLM.")],
    email: Annotated[str, typer.Option(help="The account in whose workspace things are made.")],
    *,
    workspace: Annotated[
        str | None, typer.Option(help="Name or id; the account's own by default.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only tell what would be made.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Take over providers, names and fallbacks. Keys are read from the environment."""
    plan = _read(file)
    report = asyncio.run(_import(Settings(), plan, email, workspace, dry_run=dry_run))
    lines = (_shown(line) for line in _lines(report))
    typer.echo(json.dumps(asdict(report)) if as_json else "\n".join(lines))


def _read(file: Path) -> ImportPlan:
    try:
        # The keys of another gateway are no settings of ours, so they have no field there.
        return plan_import(file.read_text("utf-8"), os.environ)
    except (OSError, UnicodeDecodeError) as error:
        raise OperatorError(
            f"{file} can't be read: {error}", "Name a config.yaml of LiteLLM.", ExitCode.FAILED
        ) from error
    except ImportRefusedError as error:
        raise OperatorError(error.title + ".", error.detail, ExitCode.FAILED) from error


async def _import(
    settings: Settings, plan: ImportPlan, email: str, workspace: str | None, *, dry_run: bool
) -> ImportReport:
    async with people(settings) as house:
        scope = await _find_scope(house, email, workspace)
        ai = AiService(
            house.database,
            await _open_keyring(house, settings),
            open_catalogue(settings),
            ModelProxy({}),
            EgressGuard.parse(settings.egress_allow),
        )
        return await Importer(ai).carry_out(scope, plan, dry_run=dry_run)


async def _open_keyring(house: People, settings: Settings) -> Keyring:
    try:
        wrapper = load_key_wrapper(settings)
        await require_master_keys(house.database, wrapper.known_ids)
    except MasterKeyError as error:
        raise OperatorError(
            "The master key can't be used.", str(error), ExitCode.BAD_SETTINGS
        ) from error
    return Keyring(wrapper)


async def _find_scope(house: People, email: str, workspace: str | None) -> DataScope:
    """The account's own workspace, or another that it administers."""
    principal = await house.auth.impersonate(await house.find(email))
    found = (await house.accounts.workspaces.list_workspaces(principal, limit=100)).items
    for each in found:
        is_meant = (
            each.id == principal.workspace_id
            if workspace is None
            else workspace
            in {
                str(each.id),
                each.name,
            }
        )
        if is_meant and each.role.includes(Role.ADMIN):
            return Scope(each.id, principal.user_id)
    raise OperatorError(
        f"{email} administers no such workspace.",
        f"The workspaces are: {', '.join(each.name for each in found)}.",
        ExitCode.FAILED,
    )


def _shown(line: str) -> str:
    """One line: a file from somebody else moves no cursor and adds no lines of its own."""
    return "".join(each if each.isprintable() else "\N{REPLACEMENT CHARACTER}" for each in line)


def _lines(report: ImportReport) -> Iterator[str]:
    if report.dry_run:
        yield "Nothing is changed; this is what would be."
    for each in report.providers:
        models = ", ".join(each.models) or "all that it lists"
        yield f"provider {each.name}: {_OUTCOMES[each.outcome]}; {models}"
        if each.key == "given" and each.address and each.outcome == "made":
            yield f"    {each.reference or 'the key of the file'} goes to {each.address}"
        elif each.address:
            yield f"    at {each.address}"
        if each.detail:
            yield f"    {each.detail}"
    for name, target in report.aliases.items():
        yield f"name {name}: means {target}"
    for name, targets in report.fallbacks.items():
        yield f"fallback of {name}: {', '.join(targets)}"
    for place, why in report.ignored.items():
        yield f"left out {place}: {why}"

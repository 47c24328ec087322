"""The command line: one module of `commands/` for each command, imported only when it is called."""

import errno
import gc
import importlib
import importlib.metadata
import sys
from collections.abc import Callable, Sequence
from typing import Annotated, cast

import typer
from pydantic import ValidationError

from vectal.platform.embedded.errors import ExitCode, OperatorError, disk_full

COMMANDS = {
    "up": "Run everything on this machine, with PostgreSQL and Valkey included.",
    "serve": "Run the HTTP server.",
    "worker": "Run queued jobs.",
    "scheduler": "Run timers, relay events, return lost work.",
    "migrate": "Bring the database schema to this release.",
    "openapi": "Print the API document.",
}
"""Modules with a function `command`."""
GROUPS = {
    "users": "Manage accounts.",
    "keys": "Manage API keys.",
    "ai": "Set up models.",
    "config": "Check the settings.",
    "crypto": "Rotate encryption keys.",
    "vectors": "Move vectors between stores.",
    "n8n": "Set up n8n as an engine of agent runs.",
}
"""Modules with a typer `app` of several commands."""
INTERRUPTED = 130


def build(arguments: Sequence[str]) -> typer.Typer:
    """Make the command line; only the wanted command's module is imported."""
    app = typer.Typer(
        name="vectal",
        help="Vectal: tasks, chat and AI in one place, on your own machine.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
    )
    app.callback()(_options)
    wanted = next((word for word in arguments if not word.startswith("-")), None)
    for name, text in COMMANDS.items():
        command = _module_of(name).command if name == wanted else _not_loaded
        app.command(name, help=text)(cast("Callable[..., None]", command))
    for name, text in GROUPS.items():
        group = _module_of(name).app if name == wanted else typer.Typer()
        app.add_typer(group, name=name, help=text)
    return app


class _CommandModule:
    """What a module of `commands/` holds: one of the two."""

    app: typer.Typer
    command: Callable[..., None]


def _module_of(name: str) -> _CommandModule:
    return cast("_CommandModule", importlib.import_module(f"vectal.entrypoints.commands.{name}"))


def _not_loaded() -> None:
    """Stand in the list of commands; the wanted one is always loaded."""


def _show_version(asked: bool) -> None:  # noqa: FBT001 - typer calls it so
    if asked:
        typer.echo(f"vectal {importlib.metadata.version('vectal')}")
        raise typer.Exit


def _options(
    version: Annotated[  # noqa: FBT002, ARG001 - an eager option that ends the program
        bool,
        typer.Option(
            "--version", callback=_show_version, is_eager=True, help="Print the version and exit."
        ),
    ] = False,
) -> None:
    return


def fail(error: OperatorError) -> int:
    """Say what is wrong and what to do; returns the exit status."""
    typer.echo(f"vectal: {error.problem}", err=True)
    typer.echo(error.remedy, err=True)
    return int(error.exit_code)


def main() -> None:
    arguments = sys.argv[1:]
    # What is imported stays for ever; looking for garbage in it takes a fourth of the time.
    gc.disable()
    try:
        commands = build(arguments)
        gc.freeze()
        gc.enable()
        commands(arguments)
    except OperatorError as error:
        sys.exit(fail(error))
    except KeyboardInterrupt:  # before the command could listen for it itself
        sys.exit(INTERRUPTED)
    except ValidationError as error:
        sys.exit(fail(_bad_settings(error)))
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        sys.exit(fail(disk_full(error.filename or "the data folder")))


def _bad_settings(error: ValidationError) -> OperatorError:
    lines = [
        f"  VECTAL_{str(part['loc'][0]).upper()}: {part['msg']}" if part["loc"] else part["msg"]
        for part in error.errors(include_url=False, include_input=False)
    ]
    return OperatorError(
        "The settings are not valid:\n" + "\n".join(lines),
        "Correct these variables of the environment and start again.",
        ExitCode.BAD_SETTINGS,
    )


if __name__ == "__main__":
    main()

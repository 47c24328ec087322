"""`vectal up`."""

import typer

from vectal.entrypoints.up import up
from vectal.platform.config import Settings


def command() -> None:
    raise typer.Exit(up(Settings()))

"""`vectal migrate`."""

import typer

from vectal.entrypoints.migrate import migrate
from vectal.platform.config import Settings


def command() -> None:
    typer.echo(f"The schema is at {migrate(Settings())}.")

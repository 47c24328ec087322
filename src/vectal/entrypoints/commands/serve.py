"""`vectal serve`."""

from typing import Annotated

import typer

from vectal.entrypoints.serve import serve
from vectal.platform.config import Settings


def command(
    fd: Annotated[
        int | None,
        typer.Option(min=0, help="A listening socket to take over, instead of host and port."),
    ] = None,
    gate: Annotated[
        int | None, typer.Option(min=0, help="A pipe to wait on until it ends.", hidden=True)
    ] = None,
) -> None:
    serve(Settings(), fd, gate)

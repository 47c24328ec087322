"""`vectal worker`."""

from typing import Annotated

import typer

from vectal.entrypoints.worker import worker
from vectal.platform.config import Settings


def command(
    queues: Annotated[
        str, typer.Option(help="Names of queues, comma separated; all when empty.")
    ] = "",
) -> None:
    worker(Settings(), [name.strip() for name in queues.split(",") if name.strip()])

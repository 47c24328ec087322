"""`vectal openapi`: the API document, without a server or a database."""

from pathlib import Path
from types import SimpleNamespace
from typing import Annotated

import typer

from vectal.gateway.app import create_app
from vectal.gateway.docs_page import render_document
from vectal.gateway.openapi import build_document
from vectal.platform.config import Settings


def document() -> bytes:
    """The bytes of the document; the routes alone make it, so nothing needs to run."""
    return render_document(
        build_document(create_app(SimpleNamespace(database=None, keyring=None), Settings()))
    )


def command(
    out: Annotated[Path | None, typer.Option(help="Write it here instead of printing it.")] = None,
) -> None:
    if out is None:
        typer.echo(document().decode(), nl=False)
    else:
        out.write_bytes(document())

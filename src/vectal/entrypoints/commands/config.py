"""`vectal config check`."""

import typer

from vectal.entrypoints.notifications import make_mailer
from vectal.platform.config import Settings

app = typer.Typer(no_args_is_help=True)


@app.callback()
def group() -> None:
    """Keep `check` a word of its own while it is the only command."""


@app.command()
def check() -> None:
    """Read the settings as every process does, and print them with the secrets masked."""
    settings = Settings()
    make_mailer(settings)  # reads the files that only mails need
    for name, value in settings.redacted().items():
        typer.echo(f"{name}={value}")

"""`vectal scheduler`."""

from vectal.entrypoints.scheduler import scheduler
from vectal.platform.config import Settings


def command() -> None:
    scheduler(Settings())

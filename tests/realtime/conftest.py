"""Fixtures of the realtime tests: the stage of the chat tests behind a real server."""

from tests.chat.conftest import (  # noqa: F401 - fixtures are found by their names here
    door,  # pyright: ignore[reportUnusedImport]
    no_orphans,  # pyright: ignore[reportUnusedImport]
)

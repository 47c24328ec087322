"""Running code for agents, where an operator wants it and the kernel can lock it in."""

from __future__ import annotations

from vectal.platform.config import Settings
from vectal.platform.confinement.code import CodeRunner, NotLockedError
from vectal.platform.telemetry import get_logger

_log = get_logger(__name__)


async def open_code(settings: Settings, runner: CodeRunner | None = None) -> CodeRunner | None:
    """None where it is off, or has to stay off: then the log says what is missing."""
    if settings.code_sandbox == "off":
        return None
    runner = runner or CodeRunner()
    try:
        await runner.run("")
    except (NotLockedError, OSError) as error:
        _log.warning("agents.code_sandbox_unavailable", missing=str(error))
        return None
    return runner

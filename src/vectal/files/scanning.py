"""Viruses, as clamd sees them: an adapter of the port `Scanner`."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass

from vectal.files.errors import NotScannableError
from vectal.files.ports import Verdict
from vectal.platform.scanning import Clamd, ScannerUnavailableError, StreamTooLongError
from vectal.platform.telemetry import counter, get_logger

_log = get_logger(__name__)
_verdicts = counter("files_scans_total", "Scans for viruses.", ["verdict"])


@dataclass(frozen=True, slots=True)
class ClamavScanner:
    """`is_required`: while clamd is away nothing is given out that it has not seen."""

    clamd: Clamd
    is_required: bool = True

    async def scan(self, body: AsyncIterator[bytes]) -> Verdict:
        """Raises `NotScannableError` for what is too long for clamd, when it has to be seen."""
        verdict = await self._judge(body)
        _verdicts.labels(verdict.state).inc()
        return verdict

    async def _judge(self, body: AsyncIterator[bytes]) -> Verdict:
        try:
            result = await self.clamd.scan(body)
        except ScannerUnavailableError as error:
            _log.warning("files.scanner_unavailable", error=str(error))
            return Verdict("scanning" if self.is_required else "unscanned")
        except StreamTooLongError as error:
            if self.is_required:
                raise NotScannableError from error
            return Verdict("unscanned")
        if result.threat is None:
            return Verdict("clean")
        return Verdict("infected", result.threat[:200])

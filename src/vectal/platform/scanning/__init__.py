"""Scanning: whether a stream of bytes holds a known virus, as clamd says.

Owns the protocol and its deadlines. Refuses to judge what follows from an answer, or from none.
"""

from vectal.platform.scanning.clamd import (
    Clamd,
    ScannerUnavailableError,
    ScanResult,
    StreamTooLongError,
)

__all__ = ["Clamd", "ScanResult", "ScannerUnavailableError", "StreamTooLongError"]

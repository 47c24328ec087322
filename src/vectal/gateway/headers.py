"""The headers that every response carries."""

from collections.abc import Collection
from typing import Final

from vectal.platform.config import Settings

# The web app's own files only. Styles may be inline, since toasts and popovers place themselves so.
_PAGE_SOURCES: Final = {
    "default-src": "'self'",
    "script-src": "'self'",
    "style-src": "'self' 'unsafe-inline'",
    "img-src": "'self' data: blob:",
    "font-src": "'self'",
    "connect-src": "'self'",
    "worker-src": "'self' blob:",
    "manifest-src": "'self'",
    "object-src": "'none'",
    "base-uri": "'none'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
}
PAGE_POLICY: Final = "; ".join(f"{what} {whence}" for what, whence in _PAGE_SOURCES.items())
_DATA_POLICY: Final = "default-src 'none'; frame-ancestors 'none'"
_ALWAYS: Final = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), display-capture=(), geolocation=(), microphone=(), usb=()",
}
_REQUEST_ID: Final = b"x-request-id"
_HTTPS_ONLY: Final = {"Strict-Transport-Security": "max-age=31536000"}


class ResponseHeaders:
    def __init__(self, settings: Settings) -> None:
        always = _ALWAYS | (_HTTPS_ONLY if settings.secure_cookies else {})
        always |= {"Content-Security-Policy": _DATA_POLICY, "Cache-Control": "no-store"}
        self._always = [
            (name.lower().encode("ascii"), value.encode("ascii")) for name, value in always.items()
        ]

    def block(self, there: Collection[bytes]) -> bytes:
        """What `add` adds beside the request's id, as it goes onto the wire."""
        lines = [b"%b: %b\r\n" % pair for pair in self._always if pair[0] not in there]
        return b"".join(lines)

    def add(self, headers: list[tuple[bytes, bytes]], request_id: str) -> None:
        """A page says what it may load; data may load nothing and is kept by no cache."""
        there = {name for name, _ in headers}
        headers.extend(pair for pair in self._always if pair[0] not in there)
        if _REQUEST_ID in there:
            headers[:] = [pair for pair in headers if pair[0] != _REQUEST_ID]
        headers.append((_REQUEST_ID, request_id.encode("ascii")))

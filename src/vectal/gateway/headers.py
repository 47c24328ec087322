"""The headers that every response carries."""

from typing import Final

from starlette.datastructures import MutableHeaders

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
_HTTPS_ONLY: Final = {"Strict-Transport-Security": "max-age=31536000"}


class ResponseHeaders:
    def __init__(self, settings: Settings) -> None:
        self._always = _ALWAYS | (_HTTPS_ONLY if settings.secure_cookies else {})

    def add(self, headers: MutableHeaders, request_id: str) -> None:
        """A page says what it may load; data may load nothing and is kept by no cache."""
        for name, value in self._always.items():
            headers.setdefault(name, value)
        headers.setdefault("Content-Security-Policy", _DATA_POLICY)
        headers.setdefault("Cache-Control", "no-store")
        headers["X-Request-Id"] = request_id

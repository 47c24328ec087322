"""The built web app: its files from memory, and `index.html` for every page address.

The list of files is made once at the start, so a path can never lead out of the folder.
"""

import asyncio
import gzip
import hashlib
import mimetypes
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Final

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from vectal.gateway.headers import PAGE_POLICY
from vectal.platform.config import Settings

_PACKAGED: Final = Path(str(files("vectal"))) / "web"
_CHECKOUT: Final = Path(__file__).parents[3] / "web" / "dist"
# Addresses of machines, never of pages.
_NOT_PAGES: Final = ("/api/", "/api", "/v1/", "/v1", "/mcp", "/ws", "/graphql")
_HASHED: Final = "/assets/"
# Whoever comes here has a token in the address; it stands behind the #, and this is a second lock.
_LINKED: Final = "/approve"
_WORTH_PACKING: Final = 1024
_PACKABLE: Final = frozenset(
    {
        "application/javascript",
        "application/json",
        "application/manifest+json",
        "application/wasm",
        "image/svg+xml",
    }
)
_MORE_TYPES: Final = {
    ".js": "text/javascript",
    ".mjs": "text/javascript",
    ".webmanifest": "application/manifest+json",
    ".woff2": "font/woff2",
    ".wasm": "application/wasm",
}
_NOT_BUILT: Final = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Vectal</title>
<h1>The web app is not built</h1>
<p>Run <code>make web</code>, then start Vectal again. The <a href="/api/docs">API</a> works.</p>
</html>"""


@dataclass(frozen=True, slots=True)
class _File:
    body: bytes
    packed: bytes | None
    media_type: str
    etag: str
    cache: str


def find_web_dir(settings: Settings) -> Path | None:
    """The operator's folder, else the package's, else the checkout's; None when not built."""
    for folder in (settings.web_dir, _PACKAGED, _CHECKOUT):
        if folder is not None and (folder / "index.html").is_file():
            return folder
    return None


class WebApp:
    """Answers what no router has; `otherwise` answers what is no page either."""

    def __init__(self, folder: Path | None, otherwise: ASGIApp) -> None:
        self._otherwise = otherwise
        self._paths = _list_files(folder) if folder else {}
        self._loaded: dict[str, _File] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] not in ("GET", "HEAD"):
            await self._otherwise(scope, receive, send)
            return
        scope["endpoint"] = web
        response = await self._find(scope["path"], Headers(scope=scope))
        await response(scope, receive, send)

    async def _find(self, path: str, headers: Headers) -> Response:
        if path in self._paths:
            return _answer(await self._load(path), headers)
        accepts_page = "text/html" in headers.get("accept", "")
        if path.startswith(_NOT_PAGES) or not accepts_page:
            raise HTTPException(404)
        if "/index.html" not in self._paths:
            return HTMLResponse(_NOT_BUILT, 503)
        page = _answer(await self._load("/index.html"), headers)
        if path == _LINKED:
            page.headers["Referrer-Policy"] = "no-referrer"
        return page

    async def _load(self, path: str) -> _File:
        if path not in self._loaded:
            self._loaded[path] = await asyncio.to_thread(_read, path, self._paths[path])
        return self._loaded[path]


def web() -> None:
    """Name the web app's files in metrics; never called."""


def _list_files(folder: Path) -> dict[str, Path]:
    return {
        f"/{path.relative_to(folder).as_posix()}": path
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def _read(path: str, file: Path) -> _File:
    body = file.read_bytes()
    media_type = _MORE_TYPES.get(file.suffix) or mimetypes.guess_type(file.name)[0]
    media_type = media_type or "application/octet-stream"
    is_text = media_type.startswith("text/") or media_type in _PACKABLE
    packed = gzip.compress(body, 9, mtime=0) if is_text and len(body) > _WORTH_PACKING else None
    # Names of built assets carry a hash of their content; all else is asked for anew.
    cache = "public, max-age=31536000, immutable" if path.startswith(_HASHED) else "no-cache"
    etag = f'"{hashlib.sha256(body).hexdigest()[:24]}"'
    return _File(body, packed, media_type, etag, cache)


def _answer(file: _File, headers: Headers) -> Response:
    sent = {"ETag": file.etag, "Cache-Control": file.cache, "Vary": "Accept-Encoding"}
    if file.media_type == "text/html":
        sent["Content-Security-Policy"] = PAGE_POLICY
    if file.etag in headers.get("if-none-match", ""):
        return Response(status_code=304, headers=sent)
    body = file.body
    if file.packed is not None and "gzip" in headers.get("accept-encoding", ""):
        body = file.packed
        sent["Content-Encoding"] = "gzip"
    return Response(body, headers=sent, media_type=file.media_type)

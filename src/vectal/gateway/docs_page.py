"""The API document and the page that shows it; every byte comes from this package."""

import hashlib
import json
from importlib.resources import files
from typing import Final

from fastapi import APIRouter, Request, Response
from starlette.exceptions import HTTPException

from vectal.gateway.headers import PAGE_POLICY
from vectal.gateway.openapi import build_document

_FILES: Final = {
    "docs.css": "text/css; charset=utf-8",
    "docs.js": "text/javascript; charset=utf-8",
}

router = APIRouter(prefix="/api", include_in_schema=False)


def render_document(document: object) -> bytes:
    """The bytes that are served, and committed as web/openapi.json."""
    return (json.dumps(document, indent=2, ensure_ascii=False) + "\n").encode()


@router.get("/openapi.json")
async def get_openapi_document(request: Request) -> Response:
    """The API document, made once a process."""
    state = request.app.state
    if not hasattr(state, "openapi"):
        state.openapi = render_document(build_document(request.app))
    return _revalidated(request, state.openapi, "application/json")


@router.get("/docs")
async def get_docs(request: Request) -> Response:
    """The page."""
    response = _revalidated(request, _read("index.html"), "text/html; charset=utf-8")
    response.headers["Content-Security-Policy"] = PAGE_POLICY
    return response


@router.get("/docs/{name}")
async def get_docs_file(request: Request, name: str) -> Response:
    """Its style and its script."""
    if name not in _FILES:
        raise HTTPException(404)
    return _revalidated(request, _read(name), _FILES[name])


def _read(name: str) -> bytes:
    return (files("vectal.gateway") / "docs" / name).read_bytes()


def _revalidated(request: Request, body: bytes, media_type: str) -> Response:
    headers = {
        "ETag": f'"{hashlib.sha256(body).hexdigest()[:24]}"',
        "Cache-Control": "no-cache",
    }
    if request.headers.get("if-none-match") == headers["ETag"]:
        return Response(status_code=304, headers=headers)
    return Response(body, media_type=media_type, headers=headers)

"""REST of files, under /api/v1."""

from fastapi import APIRouter

from vectal.files.routes import content, files, trash, uploads


def routers() -> list[APIRouter]:
    """In the order of the documentation."""
    return [content.router, files.router, trash.router, uploads.router]

"""REST of files, under /api/v1."""

from fastapi import APIRouter

from vectal.files.routes import content, files, folders, trash, uploads, versions


def routers() -> list[APIRouter]:
    """In the order of the documentation."""
    return [
        content.router,
        files.router,
        versions.router,
        trash.router,
        folders.router,
        uploads.router,
    ]

"""The REST surface: one router for each module, all under /api/v1."""

from fastapi import APIRouter

PREFIX = "/api/v1"


def routers() -> list[APIRouter]:
    """In the order of the documentation."""
    return []

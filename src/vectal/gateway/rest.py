"""The REST surface: one router for each module, all under /api/v1."""

from fastapi import APIRouter

from vectal.auth.routes import router as auth_router

PREFIX = "/api/v1"


def routers() -> list[APIRouter]:
    """In the order of the documentation."""
    return [auth_router]

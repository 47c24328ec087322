"""REST of tasks: each route parses, calls one use case and returns."""

from fastapi import APIRouter

from vectal.tasks.routes import changesets, labels, many, projects, tasks

router = APIRouter()
for part in (tasks, many, projects, labels, changesets):
    router.include_router(part.router)

__all__ = ["router"]

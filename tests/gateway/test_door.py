"""The short way of model calls leads where the long one does."""

from fastapi import FastAPI

from vectal.auth.policy import ACTIONS
from vectal.gateway.inventory import list_operations
from vectal.gateway.v1.doors import DOORS


def test_both_ways_ask_for_the_same(house_app: FastAPI) -> None:
    listed = {
        (each.path, each.method): each
        for each in list_operations(house_app)
        if each.path.startswith("/v1/")
    }
    assert len(DOORS) == 3
    for path, door in DOORS.items():
        operation = listed[path, "POST"]
        assert operation.name == door.operation
        assert operation.action == door.action
        assert door.action in ACTIONS

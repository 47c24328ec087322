"""Finds a place in a manual order, and makes room where there is little."""

from typing import Final
from uuid import UUID

from vectal.platform.db import WriteSession
from vectal.tasks.contracts import Place
from vectal.tasks.errors import UnknownReferenceError
from vectal.tasks.ordering import between, is_long, spread
from vectal.tasks.repository import positions
from vectal.tasks.repository.positions import Shelf, Spot

_WINDOW: Final = 32
_WIDEST_WINDOW: Final = 4096


async def append(session: WriteSession, shelf: Shelf) -> str:
    """A position at the bottom. Two at once may get the same: ids tell them apart."""
    return between(await positions.find_last(session, shelf), None)


async def find_position(
    session: WriteSession, shelf: Shelf, place: Place, mover: UUID | None = None
) -> tuple[str, list[UUID]]:
    """A position for a place, and the neighbours that had to be spread to make room for it."""
    if place.neighbour is None and place.side == "before":
        return await append(session, shelf), []
    await positions.lock_shelf(session, shelf)
    if place.neighbour is None:
        return between(None, await positions.find_first(session, shelf)), []
    key = await _find_gap(session, shelf, place, mover)
    if key is not None:
        return key, []
    spot = await _get_spot(session, shelf, place)
    moved = await _make_room(session, shelf, spot, mover)
    key = await _find_gap(session, shelf, place, mover)
    if key is None:
        raise RuntimeError("no room after spreading")
    return key, moved


async def _get_spot(session: WriteSession, shelf: Shelf, place: Place) -> Spot:
    if place.neighbour is None:
        raise ValueError("an end of the shelf is no spot")
    spot = await positions.find_spot(session, shelf, place.neighbour)
    if spot is None:
        raise UnknownReferenceError("The neighbour is not in this list.", pointer=f"/{place.side}")
    return spot


async def _find_gap(
    session: WriteSession, shelf: Shelf, place: Place, mover: UUID | None
) -> str | None:
    """A key beside the neighbour; None when the gap is used up."""
    spot = await _get_spot(session, shelf, place)
    is_above = place.side == "before"
    beyond = await positions.list_spots(session, shelf, spot, 1, upwards=is_above, without=mover)
    other = beyond[0].position if beyond else None
    low, high = (other, spot.position) if is_above else (spot.position, other)
    if low is not None and high is not None and low >= high:
        return None
    key = between(low, high)
    return None if is_long(key) else key


async def _make_room(
    session: WriteSession, shelf: Shelf, spot: Spot, mover: UUID | None
) -> list[UUID]:
    """Spread the neighbourhood of a spot; wider, until short keys fit between its borders."""
    window = _WINDOW
    while True:
        above = await positions.list_spots(
            session, shelf, spot, window + 1, upwards=True, without=mover
        )
        below = await positions.list_spots(
            session, shelf, spot, window + 1, upwards=False, without=mover
        )
        low = above[window].position if len(above) > window else None
        high = below[window].position if len(below) > window else None
        inside = [*reversed(above[:window]), spot, *below[:window]]
        keys = _spread(low, high, len(inside))
        if keys is not None or window >= _WIDEST_WINDOW:
            break
        window *= 4
    if keys is None:
        raise RuntimeError("a list of thousands at one position")
    ids = [one.id for one in inside]
    await positions.set_positions(session, shelf, ids, keys)
    return ids


def _spread(low: str | None, high: str | None, count: int) -> list[str] | None:
    if low is not None and high is not None and low >= high:
        return None
    keys = spread(low, high, count)
    return None if any(map(is_long, keys)) else keys

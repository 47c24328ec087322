"""Use cases of the calendar. `CalendarServices` bundles them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from vectal.calendar.ports import ComingRuns, Standing
from vectal.calendar.service.agenda import Agendas
from vectal.calendar.service.events import Events
from vectal.calendar.service.exchange import Exporter, Feeds, Importer
from vectal.calendar.service.keeping import EventKeeper
from vectal.calendar.service.listing import Listing
from vectal.calendar.service.writing import EventWriter
from vectal.platform.clock import Clock, SystemClock
from vectal.platform.db import Database
from vectal.tasks.service import TaskServices

__all__ = ["CalendarServices"]


@dataclass(frozen=True, slots=True)
class CalendarServices:
    """Everything this module does, by noun."""

    events: Events
    listing: Listing
    importer: Importer
    exporter: Exporter
    feeds: Feeds
    agendas: Agendas
    keeper: EventKeeper
    tasks: TaskServices

    @classmethod
    def build(
        cls,
        database: Database,
        tasks: TaskServices,
        standing: Standing,
        runs: ComingRuns,
        *,
        clock: Clock | None = None,
    ) -> Self:
        """Its events are what changesets of `tasks` may change from now on."""
        clock = clock or SystemClock()
        writer, exporter, listing = EventWriter(clock), Exporter(database), Listing(database)
        keeper = EventKeeper(writer)
        tasks.changesets.take_in(keeper)
        return cls(
            events=Events(database, writer),
            listing=listing,
            agendas=Agendas(listing, tasks, runs),
            importer=Importer(database, writer),
            exporter=exporter,
            feeds=Feeds(database, exporter, standing, clock),
            keeper=keeper,
            tasks=tasks,
        )

"""Wire shapes of the search over everything."""

from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import Field

from vectal.platform.web import Schema
from vectal.platform.web.schema import Flag
from vectal.search import contracts
from vectal.search.contracts import Kind, State


class Spot(Schema):
    """Where a passage stands; the viewer of documents opens there."""

    number: Annotated[int, Field(ge=1, description="The version of the file")]
    page: Annotated[int, Field(ge=1)]
    start: Annotated[int, Field(ge=0, description="In characters of the page's text")]
    end: Annotated[int, Field(ge=0)]


class Hit(Schema):
    id: Annotated[UUID, Field(description="Of the thing; of the file where the kind is `passage`")]
    title: str
    snippet: Annotated[str, Field(description="Words around what was found; may be empty")]
    is_closed: Annotated[Flag, Field(description="Done, cancelled or archived")]
    updated_at: datetime | None
    message_id: Annotated[UUID | None, Field(description="The message that holds the words")]
    spot: Spot | None

    @classmethod
    def of(cls, hit: contracts.Hit) -> Self:
        spot = hit.spot
        return cls(
            id=hit.id,
            title=hit.title,
            snippet=hit.snippet,
            is_closed=hit.is_closed,
            updated_at=hit.updated_at,
            message_id=hit.message_id,
            spot=spot and Spot(number=spot.number, page=spot.page, start=spot.start, end=spot.end),
        )


class Facet(Schema):
    kind: Kind
    state: Annotated[
        State,
        Field(
            description="`not_allowed`: your credential does not reach this kind. `unavailable`: it"
            " could not be asked, or not in time"
        ),
    ]
    hits: Annotated[list[Hit], Field(description="The best first")]
    next_cursor: Annotated[
        str | None, Field(description="With `kind` alone it asks for more; null when there is none")
    ]

    @classmethod
    def of(cls, facet: contracts.Facet) -> Self:
        return cls(
            kind=facet.kind,
            state=facet.state,
            hits=[Hit.of(each) for each in facet.hits],
            next_cursor=facet.next_cursor,
        )


class SearchAnswer(Schema):
    facets: Annotated[list[Facet], Field(description="One for each kind that was asked for")]

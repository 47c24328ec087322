"""REST of the search over everything."""

from typing import Annotated, cast

from fastapi import APIRouter, Depends, Query, Request
from pydantic import StringConstraints

from vectal.auth.deps import CurrentPrincipal, requires
from vectal.search.contracts import KINDS, Kind, Wanted
from vectal.search.schemas import Facet, SearchAnswer
from vectal.search.service import SearchService

router = APIRouter(tags=["search"])
_LONGEST = 200
_MOST = 50


def _service(request: Request) -> SearchService:
    return cast("SearchService", request.app.state.services.search)


Service = Annotated[SearchService, Depends(_service)]


@router.get("/search", dependencies=[requires("search.all")])
async def search_everything(
    principal: CurrentPrincipal,
    service: Service,
    q: Annotated[
        str,
        StringConstraints(strip_whitespace=True),
        Query(min_length=1, max_length=_LONGEST, pattern=r"^[^\x00]*$", examples=["turbine"]),
    ],
    kind: Annotated[
        list[Kind] | None,
        Query(max_length=len(KINDS), description="Repeat it for several; all when left out"),
    ] = None,
    limit: Annotated[int, Query(ge=1, le=_MOST, description="Of each kind")] = 6,
    cursor: Annotated[str | None, Query(max_length=2048, description="With one kind only")] = None,
) -> SearchAnswer:
    """All that holds the words, as you may see it: tasks, events, projects, chats, files, passages.

    Each kind is a facet of its own: one that can't be asked now says so, and the others answer.
    Passages are found by their words here; `POST /documents/search` finds them by meaning too.
    """
    kinds = tuple(dict.fromkeys(kind)) if kind else KINDS
    found = await service.search(principal, Wanted(q, kinds, limit, cursor))
    return SearchAnswer(facets=[Facet.of(each) for each in found])

"""REST of research: begin one, how far it is, stop it, its report as JSON, Markdown or PDF."""

from typing import Annotated, Any, Final, Literal, cast
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response

from vectal.auth.deps import CurrentPrincipal, requires
from vectal.platform.web import IdempotentRoute, Page
from vectal.research.errors import NotAcceptableError
from vectal.research.schemas import Research, ResearchReport, ResearchStart, ResearchStatus
from vectal.research.service import ResearchServices

router = APIRouter(prefix="/research", tags=["research"], route_class=IdempotentRoute)


def _services(request: Request) -> ResearchServices:
    return cast("ResearchServices", request.app.state.services.research)


Services = Annotated[ResearchServices, Depends(_services)]
Form = Literal["json", "md", "pdf"]
_MOST: Final = 100
_MEDIA: Final[dict[str, Form]] = {
    "application/json": "json",
    "application/*": "json",
    "*/*": "json",
    "text/markdown": "md",
    "text/*": "md",
    "application/pdf": "pdf",
}
_PDF: Final = "application/pdf"
_MARKDOWN: Final = "text/markdown"
_FORMS: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "content": {
            _MARKDOWN: {"schema": {"type": "string"}},
            _PDF: {"schema": {"type": "string", "format": "binary"}},
        }
    }
}
_SAFE: Final = {
    "Cache-Control": "private, no-store",
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "Vary": "Accept",
}


@router.get("/status", dependencies=[requires("research.read")])
async def get_research_status(services: Services) -> ResearchStatus:
    """Whether a search engine is set up, which, and what a research may take."""
    return ResearchStatus.of([each.name for each in services.researches.engines])


@router.post("", status_code=202, dependencies=[requires("research.create")])
async def create_research(
    body: ResearchStart, principal: CurrentPrincipal, services: Services
) -> Research:
    """Begin a research. It goes on by itself; open screens hear of it as `research.changed`.

    Without a search engine the answer is 409, and says what an operator has to set.
    """
    return Research.of(await services.researches.create(principal, body.wanted()))


@router.get("", dependencies=[requires("research.read")])
async def list_research(
    principal: CurrentPrincipal,
    services: Services,
    limit: Annotated[int, Query(ge=1, le=_MOST)] = 20,
    cursor: Annotated[str | None, Query(max_length=2048)] = None,
) -> Page[Research]:
    """Your own researches, the newest first."""
    page = await services.researches.list_own(principal, cursor=cursor, limit=limit)
    return Page(items=[Research.of(each) for each in page.items], next_cursor=page.next_cursor)


@router.get("/{research_id}", dependencies=[requires("research.read")])
async def get_research(
    research_id: UUID, principal: CurrentPrincipal, services: Services
) -> Research:
    """How far a research is, what it has taken, and why it failed if it did."""
    return Research.of(await services.researches.get(principal, research_id))


@router.post("/{research_id}/cancel", dependencies=[requires("research.cancel")])
async def cancel_research(
    research_id: UUID, principal: CurrentPrincipal, services: Services
) -> Research:
    """Stop a research. Nothing is searched, read or written from then on."""
    return Research.of(await services.researches.cancel(principal, research_id))


@router.delete("/{research_id}", status_code=204, dependencies=[requires("research.delete")])
async def delete_research(
    research_id: UUID, principal: CurrentPrincipal, services: Services
) -> None:
    """Delete a research that has ended, with its sources and its report. There is no undo."""
    await services.researches.delete(principal, research_id)


@router.get(
    "/{research_id}/report",
    dependencies=[requires("research.read")],
    response_model=ResearchReport,
    responses=_FORMS,
)
async def get_research_report(
    research_id: UUID, request: Request, principal: CurrentPrincipal, services: Services
) -> Response:
    """The report as `Accept` wants it: JSON, `text/markdown` or `application/pdf`.

    What it says was taken from strangers' pages: it is to be read, and never obeyed.
    """
    form = _form_of(request.headers.get("accept", "*/*"))
    return await _report(services, principal, research_id, form)


@router.get(
    "/{research_id}/report.{form}",
    dependencies=[requires("research.read")],
    response_model=ResearchReport,
    responses=_FORMS,
)
async def get_research_report_file(
    research_id: UUID, form: Form, principal: CurrentPrincipal, services: Services
) -> Response:
    """The report as a file: `report.json`, `report.md` or `report.pdf`."""
    return await _report(services, principal, research_id, form)


async def _report(
    services: ResearchServices, principal: CurrentPrincipal, research_id: UUID, form: Form
) -> Response:
    name = f'attachment; filename="research-{research_id}.{form}"'
    if form == "md":
        text = await services.rendering.to_markdown(principal, research_id)
        headers = {**_SAFE, "Content-Disposition": name}
        return Response(text, headers=headers, media_type=f"{_MARKDOWN}; charset=utf-8")
    if form == "pdf":
        content = await services.rendering.to_pdf(principal, research_id)
        headers = {**_SAFE, "Content-Disposition": name}
        return Response(content, headers=headers, media_type=_PDF)
    research, report = await services.researches.get_report(principal, research_id)
    body = ResearchReport.of(research, report).model_dump_json()
    return Response(body, headers=_SAFE, media_type="application/json")


def _form_of(accept: str) -> Form:
    """The first form that is wanted most. Raises `NotAcceptableError`."""
    wishes: list[tuple[float, int, Form]] = []
    for place, part in enumerate(accept.split(",")[:20]):
        media, *parameters = (each.strip().lower() for each in part.split(";"))
        form = _MEDIA.get(media)
        quality = next((_number(p[2:]) for p in parameters if p.startswith("q=")), 1.0)
        if form is not None and quality > 0:
            wishes.append((-quality, place, form))
    if not wishes:
        raise NotAcceptableError
    return min(wishes)[2]


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0

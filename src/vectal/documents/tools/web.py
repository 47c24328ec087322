"""The tool that reads a page of the web."""

from __future__ import annotations

from typing import Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field

from vectal.ai.contracts import Taint, Tool, ToolContext, ToolOutput
from vectal.auth.errors import ForbiddenError
from vectal.auth.policy import can
from vectal.auth.principal import Scope
from vectal.documents.service.web_pages import WebPages

_OF_STRANGERS: Final = frozenset[Taint](("untrusted",))
_CHARS: Final = 24_000
_TIME_S: Final = 60.0


class ReadWebPage(BaseModel):
    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    url: Annotated[str, Field(min_length=8, max_length=2_000, pattern="^https?://")]
    start: Annotated[
        int, Field(ge=0, le=400_000, description="Characters to leave out at the beginning")
    ] = 0


def make_web_tools(pages: WebPages) -> tuple[Tool[Any], ...]:
    async def read(context: ToolContext, asked: ReadWebPage) -> ToolOutput:
        if not can(context.principal, "ai.respond"):
            raise ForbiddenError("You may not have web pages read in this workspace.")
        page = await pages.read(context.principal, asked.url)
        text = page.text[asked.start : asked.start + _CHARS]
        more = len(page.text) - asked.start - len(text)
        lines = [f"Address: {page.address}"]
        if page.title:
            lines.append(f"Title: {page.title}")
        if page.has_hidden_text:
            lines.append("It holds hidden characters; they are named in their places.")
        lines += ["", text or "(no text)"]
        if more > 0 or page.is_cut:
            lines.append(f"\n({max(more, 0)} more characters follow; ask from another start)")
        # The words of the page stay out of the summary: it outlives the fence around the result.
        return ToolOutput("\n".join(lines), f"{len(text)} characters of a web page")

    return (
        Tool(
            name="read_web_page",
            title="Read a web page",
            description=(
                "Read a public page of the web, or a PDF or text there, as text. It is fetched "
                "without any account: what needs a login is not there."
            ),
            input=ReadWebPage,
            scope=Scope.AI_USE,
            mode="read",
            effect="pure",
            handler=read,
            egress="read",
            returns=_OF_STRANGERS,
            timeout_s=_TIME_S,
        ),
    )

"""What a model may do with documents: search them, read their pages, and read pages of the web.

Each tool works with the caller's own rights. What comes back was written by others, and is marked
so: whoever reads it must not obey it.
"""

from typing import Any

from vectal.ai.contracts import Tool
from vectal.documents.service import DocumentServices
from vectal.documents.service.web_pages import WebPages
from vectal.documents.tools.files import make_file_tools
from vectal.documents.tools.web import make_web_tools


def make_tools(services: DocumentServices, pages: WebPages) -> tuple[Tool[Any], ...]:
    """The tools to register at bootstrap."""
    return (*make_file_tools(services), *make_web_tools(pages))


__all__ = ["make_tools"]

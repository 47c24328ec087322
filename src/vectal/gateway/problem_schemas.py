"""The shape of problem documents, for the document of the API."""

from pydantic import Field

from vectal.platform.web import Schema


class ProblemEntry(Schema):
    """One fault of the request."""

    pointer: str = Field(description="JSON pointer to the value", examples=["/title"])
    code: str = Field(examples=["string_too_long"])
    detail: str = Field(examples=["String should have at most 500 characters"])
    source: str = Field(default="body", description="body, query, path, header or cookie")


class ProblemDocument(Schema):
    """What every error answers with. `code` is stable; `detail` is for people."""

    type: str = Field(examples=["urn:vectal:problem:tasks.not_found"])
    title: str = Field(examples=["No such task"])
    status: int = Field(ge=400, le=599, examples=[404])
    code: str = Field(examples=["tasks.not_found"])
    detail: str
    instance: str = Field(description="The request's id, also in the X-Request-Id header")
    errors: list[ProblemEntry] | None = Field(default=None, description="The faults, one by one")

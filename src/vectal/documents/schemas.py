"""Wire shapes of documents, their pages and passages."""

from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import Field, StringConstraints

from vectal.documents.contracts import Document as DocumentContract
from vectal.documents.contracts import (
    DocumentPage,
    DocumentStage,
    DocumentState,
    SearchNote,
    SearchQuery,
    SearchResult,
)
from vectal.documents.contracts import DocumentSettings as DocumentSettingsContract
from vectal.documents.contracts import Passage as PassageContract
from vectal.documents.extraction.contracts import Box as BoxContract
from vectal.platform.web import Schema
from vectal.platform.web.schema import Flag, Moment

_LONGEST_QUERY = 2_000
_MOST_PASSAGES = 50
MOST_FILES = 200
MOST_LISTED = 100
"""In an address, which has room for no more than some 180 ids."""

Box = Annotated[
    tuple[float, float, float, float],
    Field(description="Left, top, right and bottom in points, from the page's top left corner"),
]
Offset = Annotated[int, Field(ge=0, description="In characters")]
Count = Annotated[int, Field(ge=0)]


class DocumentSettings(Schema):
    """What a workspace has decided about its documents."""

    is_indexed: Annotated[
        Flag,
        Field(
            description="Whether texts and vectors of documents are kept readable, for search;"
            " files themselves are always encrypted"
        ),
    ]

    @classmethod
    def of(cls, settings: DocumentSettingsContract) -> Self:
        return cls(is_indexed=settings.is_indexed)

    def wanted(self) -> DocumentSettingsContract:
        return DocumentSettingsContract(self.is_indexed)


class DocumentNotice(Schema):
    """Something that a person should know, and that did not stop the reading."""

    code: Annotated[str, Field(examples=["page_without_text"])]
    detail: str
    page: Annotated[int, Field(ge=0, description="0 means the whole document")]


class Document(Schema):
    file_id: UUID
    number: Annotated[int, Field(ge=1, description="The version of the file")]
    state: DocumentState
    stage: Annotated[DocumentStage, Field(description="What is done now, or was when it ended")]
    is_searchable: Annotated[
        Flag, Field(description="A document that is read again is found as before meanwhile")
    ]
    pages_done: Count
    pages_total: Annotated[int, Field(ge=0, description="As far as is known yet")]
    chunks_done: Count
    chunks_total: Count
    code: Annotated[
        str | None, Field(description="Why it failed or was skipped", examples=["encrypted"])
    ]
    detail: Annotated[str | None, Field(description="The same in words for a person")]
    notices: list[DocumentNotice]
    title: str
    model_id: Annotated[str | None, Field(description="Whose vectors are searched")]
    created_at: Moment
    indexed_at: Moment | None

    @classmethod
    def of(cls, document: DocumentContract) -> Self:
        return cls(
            file_id=document.file_id,
            number=document.number,
            state=document.state,
            stage=document.stage,
            is_searchable=document.is_searchable,
            pages_done=document.pages_done,
            pages_total=document.pages_total,
            chunks_done=document.chunks_done,
            chunks_total=document.chunks_total,
            code=document.code,
            detail=document.detail,
            notices=[
                DocumentNotice(code=each.code, detail=each.detail, page=each.page)
                for each in document.notices
            ],
            title=document.title,
            model_id=document.model_id,
            created_at=document.created_at,
            indexed_at=document.indexed_at,
        )


class DocumentList(Schema):
    """At most one of each file that was asked for."""

    items: list[Document]


class PageSpan(Schema):
    """Where the characters from `start` to `end` (exclusive) of the text stand on the page."""

    start: Offset
    end: Offset
    box: Box


class Page(Schema):
    file_id: UUID
    number: Annotated[int, Field(ge=1, description="The version of the file")]
    page: Annotated[int, Field(ge=1)]
    text: str
    width: Annotated[float, Field(ge=0, description="Points; 0 where there are no pages")]
    height: Annotated[float, Field(ge=0, description="Points; 0 where there are no pages")]
    source: Annotated[Literal["text", "ocr"], Field(description="Written, or recognised in a scan")]
    confidence: Annotated[float, Field(ge=0, le=1, description="Of the recognition")]
    spans: list[PageSpan]

    @classmethod
    def of(cls, found: DocumentPage) -> Self:
        page = found.page
        return cls(
            file_id=found.file_id,
            number=found.number,
            page=page.number,
            text=page.text,
            width=page.width,
            height=page.height,
            source=page.source,
            confidence=page.confidence,
            spans=[
                PageSpan(start=each.start, end=each.end, box=_box(each.box)) for each in page.spans
            ],
        )


class DocumentSearch(Schema):
    query: Annotated[
        str,
        StringConstraints(
            strip_whitespace=True,
            min_length=1,
            max_length=_LONGEST_QUERY,
            pattern=r"^[^\x00]*$",
        ),
        Field(description="A question or words", examples=["How long is the notice period?"]),
    ]
    limit: Annotated[int, Field(strict=True, ge=1, le=_MOST_PASSAGES)] = 10
    file_ids: Annotated[list[UUID] | None, Field(max_length=MOST_FILES)] = None
    folder_id: Annotated[UUID | None, Field(description="With all folders in it")] = None
    rerank: Annotated[
        Flag,
        Field(description="Let a model sort the best passages: it takes longer, and it costs"),
    ] = False

    def wanted(self) -> SearchQuery:
        ids = None if self.file_ids is None else tuple(self.file_ids)
        return SearchQuery(self.query, self.limit, ids, self.folder_id, is_reranked=self.rerank)


class PassagePlace(Schema):
    """Where a passage stands on one page; offsets are of the page's text."""

    page: Annotated[int, Field(ge=1)]
    start: Offset
    end: Offset
    boxes: list[Box]


class Passage(Schema):
    file_id: UUID
    name: str
    number: Annotated[int, Field(ge=1, description="The version of the file")]
    text: str
    start: Annotated[int, Field(ge=0, description="In the cleaned text of the whole document")]
    end: Offset
    places: list[PassagePlace]
    score: Annotated[float, Field(ge=0, le=1)]
    is_whole: Annotated[Flag, Field(description="The document is small, and this is all of it")]
    has_hidden_text: Annotated[
        Flag, Field(description="It holds characters that a reader does not see")
    ]

    @classmethod
    def of(cls, passage: PassageContract) -> Self:
        return cls(
            file_id=passage.file_id,
            name=passage.name,
            number=passage.number,
            text=passage.text,
            start=passage.start,
            end=passage.end,
            places=[
                PassagePlace(
                    page=each.page,
                    start=each.start,
                    end=each.end,
                    boxes=[_box(box) for box in each.boxes],
                )
                for each in passage.places
            ],
            score=passage.score,
            is_whole=passage.is_whole,
            has_hidden_text=passage.has_hidden_text,
        )


class DocumentSearchResult(Schema):
    passages: list[Passage]
    notes: Annotated[
        list[SearchNote],
        Field(
            description="`words_only`: the vectors can't be asked now. `model_missing`: some"
            " documents were searched by their words alone. `index_off`: this workspace keeps no"
            " index, so nothing was searched. `not_reranked`: no model could sort them"
        ),
    ]

    @classmethod
    def of(cls, result: SearchResult) -> Self:
        return cls(
            passages=[Passage.of(each) for each in result.passages], notes=list(result.notes)
        )


def _box(box: BoxContract) -> tuple[float, float, float, float]:
    return (box.left, box.top, box.right, box.bottom)

"""Shapes of what is taken over from another gateway. Keys go in and never come out."""

from __future__ import annotations

from typing import Annotated, Final, Self

from pydantic import AfterValidator, Field, StringConstraints

from vectal.ai.ports import ProviderKind
from vectal.ai.schemas.providers import ApiKey
from vectal.ai.service.imports import ImportedProvider, ImportReport, KeyState, Outcome
from vectal.ai.service.litellm_import import Reference, Wanted
from vectal.platform.web import Schema
from vectal.platform.web.schema import Flag

_MAX_BYTES: Final = 256 << 10
_MAX_KEYS: Final = 100


def _is_short(text: str) -> str:
    if len(text.encode()) > _MAX_BYTES:
        msg = f"must have at most {_MAX_BYTES} bytes"
        raise ValueError(msg)
    return text


ReferenceName = Annotated[
    str, StringConstraints(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$")
]


class LiteLlmInput(Schema):
    """A configuration of LiteLLM, and the values that it refers to."""

    config: Annotated[
        str,
        AfterValidator(_is_short),
        Field(max_length=_MAX_BYTES, repr=False, description="The text of a `config.yaml`"),
    ]
    keys: Annotated[
        dict[ReferenceName, ApiKey],
        Field(
            max_length=_MAX_KEYS,
            description="Values of what the file names `os.environ/NAME`, by NAME: keys and"
            " addresses. The server's own environment is never looked at",
        ),
    ] = Field(default_factory=dict[str, ApiKey])
    dry_run: Annotated[Flag, Field(description="Only tell what would be made")] = False

    def given(self) -> dict[str, str]:
        return {name: key.get_secret_value() for name, key in self.keys.items()}


class ImportedProviderShape(Schema):
    """What became of a provider, or would."""

    name: str
    kind: ProviderKind
    address: Annotated[
        str,
        Field(
            description="Where its key goes; empty for what is no address",
            examples=["https://api.openai.com"],
        ),
    ]
    models: Annotated[list[str], Field(description="Empty for all that it lists itself")]
    key: KeyState
    reference: Annotated[
        str | None, Field(description="Where the file has its key, as in OPENAI_API_KEY")
    ]
    outcome: Outcome
    detail: Annotated[str, Field(description="What is left to do, or why nothing was done")]

    @classmethod
    def of(cls, each: ImportedProvider) -> Self:
        return cls(
            name=each.name,
            kind=each.kind,
            address=each.address,
            models=list(each.models),
            key=each.key,
            reference=each.reference,
            outcome=each.outcome,
            detail=each.detail,
        )


class ReferenceShape(Schema):
    """A value that the file leaves to its reader."""

    name: str
    wanted: Wanted
    missing: Flag

    @classmethod
    def of(cls, each: Reference) -> Self:
        return cls(name=each.name, wanted=each.wanted, missing=each.missing)


class NewAliasShape(Schema):
    """A name that means a model here."""

    name: str
    model: str


class NewFallbackShape(Schema):
    """Who is asked when the model of a name can't be."""

    name: str
    models: list[str]


class LeftOutShape(Schema):
    """A place of the file that was not taken over as it stands there."""

    place: str
    reason: str


class ImportReportShape(Schema):
    """What was taken over, or would be, in the order of the file."""

    providers: list[ImportedProviderShape]
    references: list[ReferenceShape]
    aliases: list[NewAliasShape]
    fallbacks: list[NewFallbackShape]
    ignored: list[LeftOutShape]
    dry_run: Flag

    @classmethod
    def of(cls, report: ImportReport) -> Self:
        return cls(
            providers=[ImportedProviderShape.of(each) for each in report.providers],
            references=[ReferenceShape.of(each) for each in report.references],
            aliases=[NewAliasShape(name=n, model=to) for n, to in report.aliases.items()],
            fallbacks=[
                NewFallbackShape(name=n, models=list(to)) for n, to in report.fallbacks.items()
            ],
            ignored=[LeftOutShape(place=p, reason=why) for p, why in report.ignored.items()],
            dry_run=report.dry_run,
        )

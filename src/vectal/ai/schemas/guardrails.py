"""Shapes of a workspace's guardrails."""

from __future__ import annotations

from typing import Annotated, Final, Literal, Self

from pydantic import AfterValidator, Field

from vectal.ai.guardrails.contracts import (
    DATA_KINDS,
    DataKind,
    DeniedIn,
    GuardrailRules,
    PersonalData,
    SchemaCheck,
    Unreadable,
    Webhook,
)
from vectal.ai.guardrails.patterns import check_pattern
from vectal.platform.web import Schema
from vectal.platform.web.schema import Moment, Text

_MAX_PHRASES: Final = 100
_MAX_PATTERNS: Final = 20


def _is_web_address(text: str) -> str:
    if not text.startswith(("https://", "http://")) or not text.isprintable():
        raise ValueError("must be an http:// or https:// address")
    return text


Phrase = Annotated[Text, Field(min_length=1, max_length=200)]
Pattern = Annotated[Text, Field(min_length=1, max_length=300), AfterValidator(check_pattern)]
WebAddress = Annotated[Text, Field(max_length=2_000), AfterValidator(_is_web_address)]


class WebhookShape(Schema):
    """An outside judge. It gets the text of requests and answers, so choose it with care."""

    url: WebAddress
    timeout_ms: Annotated[int, Field(ge=50, le=10_000, strict=True)] = 2_000


class WebhookSecretShape(Schema):
    """Whether requests to the webhook are signed. The secret itself is shown to nobody."""

    made_at: Annotated[
        Moment | None, Field(description="Null: there is none, and requests go unsigned")
    ]
    old_signs_until: Annotated[
        Moment | None,
        Field(description="Until when the one before signs beside it; null: there is none"),
    ]


class NewWebhookSecretShape(Schema):
    """A secret that was made just now; it can't be had again."""

    secret: Annotated[str, Field(examples=["whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="])]
    made_at: Moment
    old_signs_until: Annotated[
        Moment | None, Field(description="When the one before, if there is one, signs no more")
    ]


class GuardrailsShape(Schema):
    """What is checked before a model is asked, and before its answer is shown."""

    personal_data: Annotated[
        PersonalData,
        Field(description="What becomes of personal data and secrets in requests"),
    ] = "off"
    kinds: Annotated[
        list[DataKind], Field(max_length=10, description="Which kinds of them are looked for")
    ] = Field(default_factory=lambda: list(DATA_KINDS))
    denied_phrases: Annotated[
        list[Phrase],
        Field(max_length=_MAX_PHRASES, description="None may be said, in any case"),
    ] = Field(default_factory=list[str])
    denied_patterns: Annotated[
        list[Pattern],
        Field(
            max_length=_MAX_PATTERNS,
            description="Nothing said may match one; without look-around and back-references",
        ),
    ] = Field(default_factory=list[str])
    denied_in: Annotated[
        DeniedIn, Field(description="Where denied phrases and patterns are looked for")
    ] = "answers"
    unreadable: Annotated[
        Unreadable,
        Field(
            description="Images and files that can't be read: refuse every request with one, or "
            "leave it to `on_failure` where a request has to be checked"
        ),
    ] = "allow"
    schema_check: Annotated[
        SchemaCheck,
        Field(description="When an answer is not of the JSON schema that was asked for"),
    ] = "off"
    max_answer_chars: Annotated[
        int | None,
        Field(ge=1, le=1_000_000, strict=True, description="Longer answers are cut"),
    ] = None
    webhook: WebhookShape | None = None
    on_failure: Annotated[
        Literal["refuse", "pass"],
        Field(description="When a check can't be made: no answer of the webhook, a file to read"),
    ] = "refuse"

    def rules(self) -> GuardrailRules:
        hook = self.webhook
        return GuardrailRules(
            self.personal_data,
            tuple(kind for kind in DATA_KINDS if kind in self.kinds),
            tuple(dict.fromkeys(self.denied_phrases)),
            tuple(dict.fromkeys(self.denied_patterns)),
            self.schema_check,
            self.max_answer_chars,
            None if hook is None else Webhook(hook.url, hook.timeout_ms),
            fail_open=self.on_failure == "pass",
            denied_in=self.denied_in,
            unreadable=self.unreadable,
        )

    @classmethod
    def of(cls, rules: GuardrailRules) -> Self:
        hook = rules.webhook
        return cls(
            personal_data=rules.personal_data,
            kinds=list(rules.kinds),
            denied_phrases=list(rules.denied_phrases),
            denied_patterns=list(rules.denied_patterns),
            schema_check=rules.schema_check,
            max_answer_chars=rules.max_answer_chars,
            webhook=None
            if hook is None
            else WebhookShape(url=hook.url, timeout_ms=hook.timeout_ms),
            denied_in=rules.denied_in,
            unreadable=rules.unreadable,
            on_failure="pass" if rules.fail_open else "refuse",
        )

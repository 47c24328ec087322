"""Anthropic, by its messages wire."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Any, Final

from vectal.ai.ports import (
    CallLimits,
    Credentials,
    Egress,
    EgressRequest,
    ListedModel,
    ModelEvent,
    ModelRequest,
    ProviderFault,
    ProviderKind,
)
from vectal.ai.providers.driver import failing, fetch_json, stream_events, written
from vectal.ai.providers.messages.request import request_body
from vectal.ai.providers.messages.stream import MessagesDecoder
from vectal.ai.providers.untrusted import (
    MAX_LISTED,
    as_date,
    as_limit,
    as_list,
    as_model_name,
    as_object,
)

BASE_URL: Final = "https://api.anthropic.com"
_VERSION: Final = "2026-10-21"


class AnthropicAdapter:
    """The messages wire over one way out."""

    kind: ProviderKind = "anthropic"

    def __init__(self, egress: Egress) -> None:
        self._egress = egress

    def stream(
        self, credentials: Credentials, request: ModelRequest, limits: CallLimits
    ) -> AsyncGenerator[ModelEvent]:
        try:
            body = written(request_body(request))
        except ProviderFault as fault:
            return failing(fault)
        call = EgressRequest(
            "POST",
            f"{root(credentials)}/v1/messages",
            {
                **headers(credentials),
                "content-type": "application/json",
                "accept": "text/event-stream",
            },
            body,
            limits.deadline_s,
            credentials.key,
            credentials.scope,
        )
        return stream_events(self._egress, call, MessagesDecoder(credentials.key), limits)

    async def list_models(
        self, credentials: Credentials, limits: CallLimits
    ) -> tuple[ListedModel, ...]:
        call = EgressRequest(
            "GET",
            f"{root(credentials)}/v1/models?limit={MAX_LISTED}",
            {**headers(credentials), "accept": "application/json"},
            deadline_s=limits.deadline_s,
            secret=credentials.key,
            scope=credentials.scope,
        )
        return _listed(await fetch_json(self._egress, call, limits))


def root(credentials: Credentials) -> str:
    """The address without the version."""
    # People paste the address with or without the version.
    return credentials.base_url.rstrip("/").removesuffix("/v1")


def headers(credentials: Credentials) -> dict[str, str]:
    """Who we are, and which wire we speak."""
    return {"x-api-key": credentials.key, "anthropic-version": _VERSION}


def _listed(body: dict[str, Any]) -> tuple[ListedModel, ...]:
    rows = as_list(body.get("data"))
    if rows is None:
        raise ProviderFault("garbage", "The provider's list of models has another shape.")
    models = (_model(as_object(row)) for row in rows[:MAX_LISTED])
    return tuple(model for model in models if model is not None)


def _model(fields: dict[str, Any]) -> ListedModel | None:
    name = as_model_name(fields.get("id"))
    if name is None or fields.get("lifecycle") == "retired":
        return None
    capabilities = as_object(fields.get("capabilities"))
    thinking = capabilities.get("thinking")
    return ListedModel(
        name,
        as_model_name(fields.get("display_name")) or name,
        as_limit(fields.get("max_input_tokens")),
        as_limit(fields.get("max_tokens")),
        images=_supported(capabilities.get("image_input")),
        # Only the adaptive kind can be asked for without knowing the model.
        reasoning=_supported(as_object(as_object(thinking).get("types")).get("adaptive")),
        retires_on=as_date(fields.get("retires_at")),
    )


def _supported(capability: object) -> bool | None:
    supported = as_object(capability).get("supported")
    return supported if isinstance(supported, bool) else None

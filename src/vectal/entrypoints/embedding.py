"""Which model makes the vectors: the local one, and a provider's where the operator names one."""

from __future__ import annotations

from collections.abc import Sequence

from vectal.ai.catalog.spec import ModelsFile
from vectal.ai.service.gateway.embedding_gateway import EmbeddingGateway
from vectal.documents.embedding.local import LocalEmbedder
from vectal.documents.embedding.ports import Embedder
from vectal.documents.embedding.provided import ProvidedEmbedder
from vectal.documents.ports import DocumentModels
from vectal.documents.service.reranking import Completer, ModelReranker
from vectal.platform.config import Settings
from vectal.platform.embedded.errors import ExitCode, OperatorError

_MOST_NUMBERS = 4_000
"""As many as a vector in PostgreSQL has."""


def document_models(
    settings: Settings,
    catalogue: ModelsFile,
    gateway: EmbeddingGateway,
    local: LocalEmbedder,
    models: Completer,
) -> DocumentModels:
    """All that documents ask. Raises `OperatorError`."""
    embedders = list_embedders(settings, catalogue, gateway, local)
    return DocumentModels(embedders, ModelReranker(models))


def list_embedders(
    settings: Settings, catalogue: ModelsFile, gateway: EmbeddingGateway, local: LocalEmbedder
) -> Sequence[Embedder]:
    """The one to use first; the local one serves every workspace. Raises `OperatorError`."""
    name = settings.embedding_model
    if name is None:
        return [local]
    spec = catalogue.find_model(name)
    traits = spec.embedding if spec is not None else None
    if spec is not None and traits is None:
        raise OperatorError(
            f"VECTAL_EMBEDDING_MODEL: {name} is a model for chat and makes no vectors.",
            "`GET /v1/models` and docs/guides/knowledge.md name embedding models.",
            ExitCode.BAD_SETTINGS,
        )
    usual = traits.dimensions if traits else None
    wanted = settings.embedding_dimensions or usual
    if wanted is None or wanted > _MOST_NUMBERS:
        raise OperatorError(
            f"It is not known how many numbers a vector of {name} has.",
            f"Set VECTAL_EMBEDDING_DIMENSIONS, to {_MOST_NUMBERS} at most.",
            ExitCode.BAD_SETTINGS,
        )
    if traits is not None and not traits.allows(wanted):
        raise OperatorError(
            f"{name} makes no vectors of {wanted} numbers.",
            "Correct VECTAL_EMBEDDING_DIMENSIONS, or leave it out.",
            ExitCode.BAD_SETTINGS,
        )
    is_shortened = usual is not None and wanted != usual
    return [ProvidedEmbedder(gateway, spec.name if spec else name, wanted, is_shortened), local]

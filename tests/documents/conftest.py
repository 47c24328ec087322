"""Shelves of people over the worker's database."""

from collections.abc import Callable
from pathlib import Path
from uuid import UUID

import pytest
from tests.documents.shelf import Queued, Shelf, WordEmbedder
from tests.fixtures.accounts import MakeUser, Person

from vectal.auth.principal import Principal
from vectal.documents.embedding.ports import Embedder
from vectal.documents.index import VectorIndex
from vectal.documents.index.pgvector import PgvectorIndex
from vectal.documents.ports import DocumentModels, Reranker
from vectal.documents.service import DocumentRules, DocumentServices
from vectal.files.contracts import TargetKind
from vectal.files.service import FileRules, FileServices
from vectal.platform.config import Settings
from vectal.platform.crypto import Keyring
from vectal.platform.db import Database, DataScope
from vectal.platform.storage import open_storage

MakeShelf = Callable[..., Shelf]


class _Around:
    """Everybody is a member, and nothing can be attached to."""

    async def is_member(self, scope: DataScope) -> bool:
        del scope
        return True

    async def may_see(self, principal: Principal, kind: TargetKind, target_id: UUID) -> bool:
        del principal, kind, target_id
        return False

    async def may_change(self, principal: Principal, kind: TargetKind, target_id: UUID) -> bool:
        del principal, kind, target_id
        return False


@pytest.fixture
def make_shelf(db: Database, keyring: Keyring, tmp_path: Path) -> MakeShelf:
    """Shelves of people over one store of files."""

    def make(
        person: Person,
        *,
        index: VectorIndex | None = None,
        embedder: WordEmbedder | None = None,
        model: Embedder | None = None,
        older: tuple[Embedder, ...] = (),
        rules: DocumentRules | None = None,
        reranker: Reranker | None = None,
    ) -> Shelf:
        files = FileServices.build(
            database=db,
            keyring=keyring,
            storage=open_storage(Settings(storage_url=f"file://{tmp_path}/objects")),
            rules=FileRules(max_bytes=64 << 20),
            standing=_Around(),
            targets=_Around(),
        )
        index, embedder, queued = index or PgvectorIndex(db), embedder or WordEmbedder(), Queued()
        documents = DocumentServices.build(
            database=db,
            keyring=keyring,
            files=files,
            index=index,
            models=DocumentModels([model or embedder, *older], reranker),
            enqueue=queued,
            rules=rules,
        )
        return Shelf(person, files, documents, index, embedder, queued)

    return make


@pytest.fixture
async def shelf(make_user: MakeUser, make_shelf: MakeShelf) -> Shelf:
    return make_shelf(await make_user())

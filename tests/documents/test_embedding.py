"""The local embedding model: what is alike is near, in several languages, and nothing is cut."""

import asyncio
import os
import sys
from collections.abc import AsyncGenerator
from uuid import uuid4

import pytest
import pytest_asyncio

from vectal.documents.embedding.errors import EmbeddingError, EmbeddingInputError
from vectal.documents.embedding.local import DIMENSIONS, MODEL_ID, LocalEmbedder
from vectal.documents.embedding.minilm import WINDOW
from vectal.documents.embedding.ports import Embedder, Vector
from vectal.documents.embedding.wordpiece import wordpiece
from vectal.platform.db import Scope


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def model() -> AsyncGenerator[LocalEmbedder]:
    with LocalEmbedder() as embedder:
        await embedder.warm()
        yield embedder


def _cosine(first: Vector, second: Vector) -> float:
    return sum(a * b for a, b in zip(first, second, strict=True))


async def test_it_is_an_embedder_with_a_name_and_a_size(model: LocalEmbedder) -> None:
    port: Embedder = model
    assert (port.model_id, port.dimensions) == (MODEL_ID, DIMENSIONS) == ("local-hybrid-v1", 896)
    vectors = await port.embed(["one", "two", "three"], Scope(uuid4(), uuid4()))
    assert [len(vector) for vector in vectors] == [896] * 3
    for vector in vectors:
        assert _cosine(vector, vector) == pytest.approx(1.0, abs=1e-5)


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("How do I change my password?", "Steps for resetting login credentials"),
        ("When does the shop open?", "Business hours are nine to five"),
        ("Wie ändere ich mein Passwort?", "Steps for resetting login credentials"),
        ("¿A qué hora abre la tienda?", "Business hours are nine to five"),
    ],
)
async def test_an_answer_is_nearer_than_the_others(
    question: str, answer: str, model: LocalEmbedder
) -> None:
    passages = [
        "Steps for resetting login credentials",
        "Business hours are nine to five",
        "The recipe needs two eggs and flour",
        "The parliament voted on the new budget",
    ]
    asked, *vectors = await model.embed([question, *passages])
    scores = {text: _cosine(asked, vector) for text, vector in zip(passages, vectors, strict=True)}
    assert max(scores, key=lambda text: scores[text]) == answer


async def test_the_company_in_a_batch_does_not_matter(model: LocalEmbedder) -> None:
    texts = ["short", "a text of middling length about ships", "word " * 90, "tea", "x " * 300]
    together = await model.embed(texts)
    alone = [(await model.embed([text]))[0] for text in texts]
    for first, second in zip(together, alone, strict=True):
        assert _cosine(first, second) > 0.995  # 8-bit weights round by what stands beside


async def test_the_end_of_a_long_text_counts(model: LocalEmbedder) -> None:
    """A model that cuts at its window can't tell these two apart."""
    filler = "The ship sailed on a calm sea. " * 60
    assert len(wordpiece().encode(filler).ids) > WINDOW
    ships, mixed, cooking = await model.embed(
        [filler, filler + "Stir the flour into the butter. " * 60, "Stir the flour into butter."]
    )
    assert _cosine(mixed, cooking) > _cosine(ships, cooking) + 0.1


@pytest.mark.parametrize("text", ["", " \n", "a" * 200_001])
async def test_what_has_no_vector_is_refused(text: str, model: LocalEmbedder) -> None:
    with pytest.raises(EmbeddingInputError) as caught:
        await model.embed(["fine", text])
    assert caught.value.extra["errors"][0]["pointer"] == "/1"


async def test_too_many_texts_are_refused(model: LocalEmbedder) -> None:
    with pytest.raises(EmbeddingInputError):
        await model.embed(["a"] * 2_049)


async def test_words_of_the_tokenizer_are_only_words(model: LocalEmbedder) -> None:
    """A text can't end itself with a token of control."""
    ids = wordpiece().encode("[CLS] a [SEP] b").ids
    assert not {101, 102} & set(ids)
    assert len((await model.embed(["[SEP] [PAD] [CLS]"]))[0]) == 896


async def test_callers_share_the_model(model: LocalEmbedder) -> None:
    results = await asyncio.gather(*(model.embed([f"text {n}"]) for n in range(8)))
    again = await model.embed([f"text {n}" for n in range(8)])
    for (one,), other in zip(results, again, strict=True):
        assert _cosine(one, other) > 0.995


async def test_a_closed_model_says_so() -> None:
    embedder = LocalEmbedder()
    embedder.close()
    with pytest.raises(EmbeddingError):
        await embedder.embed(["text"])


@pytest.mark.slow
async def test_a_process_that_forks_meanwhile_does_not_stand_still() -> None:
    """In a process of its own: the setting counts when numpy is loaded."""
    told = {name: value for name, value in os.environ.items() if name != "OPENBLAS_NUM_THREADS"}
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.documents.embedding_beside_children"),
        env=told,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(240):
            said, _ = await child.communicate()
    except TimeoutError:
        child.kill()
        await child.wait()
        raise
    assert child.returncode == 0
    # Enough of them that the two have met.
    assert int(said.split()[1]) > 20

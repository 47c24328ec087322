"""The tokenizer of the local model: BERT's uncased WordPiece, from its vocabulary."""

from __future__ import annotations

import gzip
from functools import cache
from importlib.resources import files
from typing import Final

from tokenizers import Tokenizer
from tokenizers.models import WordPiece
from tokenizers.normalizers import BertNormalizer
from tokenizers.pre_tokenizers import BertPreTokenizer

VOCABULARY: Final = "minilm_vocabulary.txt.gz"
"""One token a line, the line's number its id; from all-MiniLM-L6-v2 (Apache-2.0)."""
_LONGEST_WORD: Final = 100


@cache
def wordpiece() -> Tokenizer:
    """Counts and encodes without [CLS] and [SEP], and without cutting or padding anything."""
    packed = files("vectal.documents.embedding").joinpath(VOCABULARY).read_bytes()
    tokens = gzip.decompress(packed).decode().split("\n")
    vocabulary = {token: number for number, token in enumerate(tokens)}
    tokenizer = Tokenizer(
        WordPiece(vocabulary, unk_token="[UNK]", max_input_chars_per_word=_LONGEST_WORD)  # noqa: S106  (a token of text)
    )
    tokenizer.normalizer = BertNormalizer(
        clean_text=True, handle_chinese_chars=True, strip_accents=None, lowercase=True
    )
    tokenizer.pre_tokenizer = BertPreTokenizer()
    return tokenizer

"""Words of a text as a search looks for them: folded, split and cut to their stems.

Both sides of a search, the text and the question, go through the same function.
"""

import re
import threading
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from itertools import pairwise
from typing import Final, Protocol, cast

DEFAULT_LANGUAGE: Final = "english"
WORD_CHARACTERS: Final = 64
TEXT_CHARACTERS: Final = 200_000
WORDS: Final = 5_000

# By the first part of a language tag.
_LANGUAGES: Final = {
    "ar": "arabic", "ca": "catalan", "da": "danish", "de": "german", "el": "greek",
    "en": "english", "es": "spanish", "et": "estonian", "eu": "basque", "fi": "finnish",
    "fr": "french", "ga": "irish", "hi": "hindi", "hu": "hungarian", "hy": "armenian",
    "id": "indonesian", "it": "italian", "lt": "lithuanian", "nb": "norwegian",
    "ne": "nepali", "nl": "dutch", "no": "norwegian", "pt": "portuguese", "ro": "romanian",
    "ru": "russian", "sr": "serbian", "sv": "swedish", "ta": "tamil", "tr": "turkish",
    "yi": "yiddish",
}  # fmt: skip

# Scripts that write no spaces between words are indexed by pairs of characters.
_UNSPACED: Final = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"  # Thai, Lao, Burmese, Khmer
    "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"  # Kana, Han
)
_TOKEN: Final = re.compile(rf"[{_UNSPACED}]+|[^\W_{_UNSPACED}]+(?:['\u2019][^\W_{_UNSPACED}]+)*")
_PAIRED: Final = re.compile(rf"[{_UNSPACED}]")


_lock = threading.Lock()


class _Stemmer(Protocol):
    def stemWord(self, word: str) -> str: ...  # noqa: N802 - snowball's name


def words_of(text: str, language: str | None = None) -> list[str]:
    """The distinct stems of a text, in order of appearance, at most 5,000.

    `language` is a tag such as `de` or `pt-BR`; English stems otherwise.
    """
    tag = (language or "").partition("-")[0].lower()
    name = _LANGUAGES.get(tag, DEFAULT_LANGUAGE)
    found: dict[str, None] = {}
    for word in _split(text[:TEXT_CHARACTERS]):
        found[_stem(name, word)] = None
        if len(found) == WORDS:
            break
    return list(found)


def _split(text: str) -> Iterator[str]:
    # Folding can undo normal form (and the other way round), so both are done until stable.
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    for match in _TOKEN.finditer(folded):
        token = match[0].replace("\u2019", "'")
        if not _PAIRED.match(token):
            yield token[:WORD_CHARACTERS]
        elif len(token) == 1:
            yield token
        else:
            yield from ("".join(pair) for pair in pairwise(token))


@lru_cache(maxsize=50_000)
def _stem(language: str, word: str) -> str:
    with _lock:  # a stemmer keeps the word it works on
        return _stemmer(language).stemWord(word)


@lru_cache(maxsize=len(_LANGUAGES))
def _stemmer(language: str) -> _Stemmer:
    import snowballstemmer  # noqa: PLC0415 - forty languages, and calls of models need none

    made = snowballstemmer.stemmer(language)  # pyright: ignore[reportUnknownMemberType] - untyped argument
    return cast("_Stemmer", made)

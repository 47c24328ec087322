"""Small words of languages: which language a text is in, and which of its words say nothing."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import Final

from vectal.platform.crypto.words import words_of

_SMALL: Final[Mapping[str, str]] = {
    "en": "the a an of to in on at by for from with as is are was were be been being has have had"
    " do does did it its this that these those there and or but if then than so such which who"
    " whom whose what when where how will would shall should can could may might must you your"
    " we our they their he his she her i my me us them also any all each per into about under"
    " over up out only just more most other some very after before while between during says"
    " according source",
    "de": "der die das den dem des ein eine einen einem einer eines und oder aber wenn dann als so"
    " zu zur zum im in an am auf aus bei beim mit nach von vom vor für über unter um durch"
    " gegen ist sind war waren wird werden wurde wurden sein hat haben hatte es sie er wir ihr"
    " ich man sich dieser diese dieses auch nur noch schon sehr mehr kann können muss müssen"
    " darf dürfen soll sollen wie was wer wo dass ob da pro laut quelle",
    "fr": "le la les un une des du de d l et ou mais si que qui quoi dont où ce cet cette ces il"
    " elle ils elles nous vous je tu on en y à au aux dans sur sous par pour avec est sont"
    " était être a ont avait se sa son ses leur leurs plus très aussi selon source",
    "es": "el la los las un una unos unas de del y o pero si que quien cual donde este esta estos"
    " estas ese esa él ella ellos se su sus en a al con por para sin es son era ser está están"
    " ha han había lo le les más muy también según fuente como",
    "it": "il lo la i gli le un uno una di del della dei degli delle e o ma se che chi cui dove"
    " questo questa questi queste è sono era essere ha hanno aveva si suo sua loro in nel"
    " nella a al alla con per da dal dalla su più molto anche secondo fonte come",
    "nl": "de het een en of maar als dan dat die dit deze wie wat waar van voor met op in aan bij"
    " uit naar over onder door is zijn was waren wordt worden heeft hebben had er hij zij ze"
    " wij we jij u ik men zich ook nog al zeer meer kan kunnen moet moeten mag mogen volgens"
    " bron",
    "pt": "o a os as um uma de do da dos das e ou mas se que quem onde este esta estes estas esse"
    " essa ele ela eles elas em no na nos nas ao à com por para é são era ser está estão tem"
    " têm seu sua seus suas mais muito também segundo fonte como",
}
_WORDS_OF: Final = {tag: frozenset(words.split()) for tag, words in _SMALL.items()}
_WORD: Final = re.compile(r"[^\W\d_]+")
_FEWEST: Final = 2
_SAMPLE: Final = 4_000


def language_of(text: str) -> str | None:
    """The tag of the language whose small words a text has most of; None when it is not clear."""
    words = _WORD.findall(text[:_SAMPLE].casefold())
    counts = {tag: sum(word in small for word in words) for tag, small in _WORDS_OF.items()}
    (best, most), (_, second) = sorted(counts.items(), key=lambda each: -each[1])[:2]
    return best if most >= _FEWEST and most > second else None


@cache
def small_stems(language: str | None) -> frozenset[str]:
    """Stems of the words that say nothing by themselves; English ones when it is not clear."""
    tag = language if language in _SMALL else "en"
    return frozenset(words_of(_SMALL[tag], tag))

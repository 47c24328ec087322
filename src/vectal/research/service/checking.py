"""The check: every claim of the draft against its passages, by a second model and by rule."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from vectal.auth.principal import Principal
from vectal.research.claims import Said, find_said, read_judgements
from vectal.research.contracts import Judgement
from vectal.research.report.body import tidy
from vectal.research.service.asking import FAST, Asking
from vectal.research.service.journal import Journal
from vectal.research.service.showing import values_of
from vectal.research.service.steps import Draft, Judged

_BATCH: Final = 20
_TOKENS_A_CLAIM: Final = 8
_SPARE_TOKENS: Final = 60


def said_of(draft: Draft) -> list[Said]:
    known = [source.number for source in draft.sources]
    return find_said(tidy(draft.text, known).plain, known)


async def judge(
    asking: Asking, journal: Journal, principal: Principal, question: str, draft: Draft
) -> Judged:
    """What a second model says of each claim that cites.

    An extract needs none: its sentences are the sources' own, and the rules find them there.
    """
    cited = [(n, each) for n, each in enumerate(said_of(draft), start=1) if each.numbers]
    if draft.by == "extract":
        return Judged({})
    await journal.enter("checking")
    judgements: dict[int, Judgement] = {}
    fault = ""
    for start in range(0, len(cited), _BATCH):
        key = f"check:{start // _BATCH}"
        part = journal.find(key, Judged)
        if part is None:
            batch = cited[start : start + _BATCH]
            part = await _judge(asking, journal, principal, question, draft, batch)
            await journal.write(key, part)
        judgements |= part.judgements
        fault = fault or part.fault
    return Judged(judgements, fault)


async def _judge(
    asking: Asking,
    journal: Journal,
    principal: Principal,
    question: str,
    draft: Draft,
    batch: Sequence[tuple[int, Said]],
) -> Judged:
    values = {"step": "check", "question": question}
    wanted = {number for _, each in batch for number in each.numbers}
    cited = [source for source in draft.sources if source.number in wanted]
    values |= values_of(cited, draft.passages)
    for number, each in batch:
        cites = ", ".join(map(str, each.numbers))
        values[f"claim:{number}"] = f"(cites {cites}) {each.text}"
    room = _TOKENS_A_CLAIM * len(batch) + _SPARE_TOKENS
    heard = await asking.ask(journal, principal, values, FAST, room)
    asked = {number for number, _ in batch}
    said: dict[int, Judgement] = {
        n: word for n, word in read_judgements(heard.text).items() if n in asked
    }
    fault = heard.words or ("" if said else "The second model gave no judgement.")
    return Judged(said, fault)

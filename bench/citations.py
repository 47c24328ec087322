"""What the check of citations gets wrong, by the share of words that it asks for.

Run it with `python -m bench.citations`.
"""

from __future__ import annotations

import sys

from tests.chat.citations.corpus import CORPUS, HELD_OUT

from vectal.platform.passages.support import Evidence, check

_SHARES = (0.3, 0.4, 0.5, 0.55, 0.6, 0.7)


def main() -> None:
    """Print a line for each corpus and share."""
    write = sys.stdout.write
    write("corpus      pairs  share  believed wrongly  doubted wrongly\n")
    for name, pairs in (("made with", CORPUS), ("held out", HELD_OUT)):
        for share in _SHARES:
            verdicts = [
                (pair.holds, check(pair.claim, Evidence(pair.passage), least=share).supported)
                for pair in pairs
            ]
            believed = sum(bool(said) and not holds for holds, said in verdicts)
            doubted = sum(holds and not said for holds, said in verdicts)
            write(f"{name:<10}  {len(pairs):>5}  {share:>5}  {believed:>16}  {doubted:>15}\n")


if __name__ == "__main__":
    main()

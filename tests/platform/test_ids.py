"""Identifiers are version 7 and never step back."""

from concurrent.futures import ThreadPoolExecutor
from uuid import RFC_4122, UUID

from vectal.platform.ids import new_hex, new_id


def test_ids_are_version_7() -> None:
    made = new_id()
    assert made.version == 7
    assert made.variant == RFC_4122


def test_ids_rise_strictly_within_a_process() -> None:
    made = [new_id() for _ in range(20_000)]
    assert made == sorted(set(made))


def test_ids_are_the_same_in_every_form() -> None:
    made = [new_id(), UUID(new_hex()), new_id()]
    assert made == sorted(set(made))
    assert {each.version for each in made} == {7}
    assert {each.variant for each in made} == {RFC_4122}
    assert len(new_hex()) == 32


def test_ids_are_unique_across_threads() -> None:
    def batch(_: int) -> list[UUID]:
        return [new_id() for _ in range(2_000)]

    with ThreadPoolExecutor(8) as pool:
        batches = list(pool.map(batch, range(8)))
    everything = [made for batch in batches for made in batch]
    assert len(set(everything)) == len(everything)

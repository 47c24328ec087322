"""What follows from a scan that can't be made: a file waits for it, or does not, by setting."""

import pytest
from tests.files.conftest import MakeDrawer
from tests.fixtures.accounts import MakeUser
from tests.platform.test_clamd import EICAR, MOST, emulate, serving

from vectal.files.errors import InfectedError, UploadGoneError
from vectal.files.scanning import ClamavScanner
from vectal.platform.scanning import Clamd

NOBODY = Clamd.parse("tcp://127.0.0.1:1")


@pytest.mark.parametrize(("is_required", "state"), [(True, "scanning"), (False, "unscanned")])
async def test_clamd_is_away(
    make_user: MakeUser, make_drawer: MakeDrawer, *, is_required: bool, state: str
) -> None:
    scanner = ClamavScanner(NOBODY, is_required)
    file = await make_drawer(await make_user(), scanner=scanner).put()
    assert (file.scan, file.is_readable) == (state, not is_required)


async def test_a_virus_is_kept_from_everybody(make_user: MakeUser, make_drawer: MakeDrawer) -> None:
    async with serving(emulate) as clamd:
        drawer = make_drawer(await make_user(), scanner=ClamavScanner(clamd))
        clean = await drawer.put(body=b"clean")
        bad = await drawer.put(body=EICAR)
    assert (clean.scan, bad.scan) == ("clean", "infected")
    with pytest.raises(InfectedError):
        await drawer.read(bad)


@pytest.mark.parametrize("is_required", [True, False])
async def test_more_than_clamd_takes(
    make_user: MakeUser, make_drawer: MakeDrawer, *, is_required: bool
) -> None:
    async with serving(emulate) as clamd:
        drawer = make_drawer(await make_user(), scanner=ClamavScanner(clamd, is_required))
        if is_required:
            with pytest.raises(UploadGoneError, match="too_large_to_scan"):
                await drawer.put(body=b"x" * (MOST + 1))
            assert await drawer.names() == []
            assert (await drawer.services.space.look(drawer.me))[1].reserved == 0
        else:
            assert (await drawer.put(body=b"x" * (MOST + 1))).scan == "unscanned"

"""Every sweep of the scheduler runs: one that fails is only logged, and does nothing for ever."""

from vectal.entrypoints.bootstrap import make_sweeps
from vectal.entrypoints.services import Services
from vectal.platform.config import Settings


async def test_every_sweep_runs(house_services: Services, settings: Settings) -> None:
    sweeps = make_sweeps(house_services, settings)
    names = [sweep.name for sweep in sweeps]
    assert len(names) == len(set(names)) > 20
    failed: dict[str, str] = {}
    for sweep in sweeps:
        try:
            await sweep.run()
        except Exception as error:  # noqa: BLE001 - all of them are told together
            failed[sweep.name] = repr(error)
    assert failed == {}

"""What is registered at start fits together."""

from vectal.entrypoints.reactions import make_schedules
from vectal.entrypoints.services import Services


def test_every_schedule_has_its_job(house_services: Services) -> None:
    for schedule in make_schedules():
        job = house_services.jobs.get(schedule.job_name)
        assert job.rule.timeout < schedule.every

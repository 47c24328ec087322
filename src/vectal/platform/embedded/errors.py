"""What stops an operator, told so that the next step is plain."""

from enum import IntEnum


class ExitCode(IntEnum):
    """Exit statuses of the commands; docs/guides/run.md explains each."""

    FAILED = 1
    FOLDER_TAKEN = 10
    FOLDER_CORRUPT = 11
    FOLDER_UNREADABLE = 12
    CPU_TOO_OLD = 13
    DISK_FULL = 14
    PORT_TAKEN = 15
    SERVER_FAILED = 16
    MIGRATION_FAILED = 17
    BINARY_MISSING = 18
    BAD_SETTINGS = 19


class OperatorError(Exception):
    """A problem that a person has to solve: what is wrong, and what to do about it."""

    def __init__(self, problem: str, remedy: str, exit_code: ExitCode) -> None:
        super().__init__(problem)
        self.problem = problem
        self.remedy = remedy
        self.exit_code = exit_code

    def __str__(self) -> str:
        return f"{self.problem}\n{self.remedy}"


def disk_full(folder: object) -> OperatorError:
    return OperatorError(
        f"The disk that holds {folder} is full.",
        "Free some space, or choose a folder on another disk with VECTAL_DATA_DIR.",
        ExitCode.DISK_FULL,
    )

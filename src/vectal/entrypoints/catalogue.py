"""The model catalogue of a process, and in plain words why there is none."""

from vectal.ai.catalog.models_file import ModelsFile, ModelsFileError, load_models_file
from vectal.platform.config import Settings
from vectal.platform.embedded.errors import ExitCode, OperatorError


def open_catalogue(settings: Settings) -> ModelsFile:
    """Read it; raises OperatorError with the place of the first mistake."""
    try:
        return load_models_file(settings.models_file)
    except ModelsFileError as error:
        raise OperatorError(
            f"The model catalogue can't be used. {error}.",
            "Correct it, or leave VECTAL_MODELS_FILE out to use the one that comes with Vectal.",
            ExitCode.BAD_SETTINGS,
        ) from error

"""The names of the files tell what alembic tells."""

from pathlib import Path

from alembic.config import Config
from alembic.script import ScriptDirectory

from vectal import migrations
from vectal.migrations import newest


def test_the_newest_is_alembics_head() -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    scripts = ScriptDirectory.from_config(config)
    assert newest.head() == scripts.get_current_head()

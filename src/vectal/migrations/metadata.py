"""The metadata of the whole product: importing a module's tables registers them.

A module that is not listed here fails the test that compares the mappings with the schema.
"""

from vectal.platform.db.tables import Base
from vectal.platform.web import tables as web_tables

_REGISTERED = (web_tables,)

metadata = Base.metadata

"""How much of everything there may be."""

from datetime import timedelta
from typing import Final

NAME: Final = 200
"""Characters of a name; in UTF-8 they fit into the 255 bytes of a file system only when cut."""
NAME_BYTES: Final = 255
SEARCH: Final = 200
FOLDER_ENTRIES: Final = 10_000
"""Files directly in a folder, and folders directly in one."""
FOLDERS_A_WORKSPACE: Final = 20_000
DEPTH: Final = 20
"""Folders within folders."""
TRASHED_TOGETHER: Final = 10_000
VERSIONS_A_FILE: Final = 200
FILES_AT_ONCE: Final = 200
"""Files that one request may name."""
ATTACHMENTS_A_TARGET: Final = 200
PAGE: Final = 200

UPLOADS_A_PERSON: Final = 200
"""Open at the same time, sending or not."""
STREAMS_A_PERSON: Final = 6
"""Requests of one person that send bytes to one process at the same time."""
PARTS_AN_UPLOAD: Final = 50_000
"""Whoever sends a few bytes at a time gets no further than this."""
PART_BYTES: Final = 4 << 20
"""Stored and journaled at once: what a killed server loses at most."""
UPLOAD_LIFETIME: Final = timedelta(hours=24)
"""Since the last byte."""
SILENCE_S: Final = 60.0
"""How long a sender or a reader may do nothing."""
LONGEST_LINK: Final = timedelta(days=7)

"""Notes: Markdown files in a folder of one's own, which models read, and propose to write.

Owns which files are notes, and how a changeset writes one. Refuses to store a note beside the
files: versions, search, sharing and the trash are theirs.
"""

"""Files: uploaded in pieces, sealed, versioned, kept in folders, and read again in any part.

Owns uploads and their quotas, the sealed bytes and who may read them, names, folders, versions,
the trash, links that expire, and the scan for viruses. Refuses to know what is in a file (that is
`documents`), and to keep anything readable beside the rows that the policy guards.
"""

"""Search: one question to tasks, projects, conversations, files and what files say.

Owns no row and no index: each module searches its own, as the person who asks.
"""

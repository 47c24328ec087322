"""The wire that OpenAI invented and others speak: requests to it, streams from it.

Owns the shapes of `/chat/completions` and `/models`. What differs between speakers is a
`Dialect`; the adapters of OpenAI, DeepSeek and compatible servers each name theirs.
"""

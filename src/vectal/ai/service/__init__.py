"""The use cases of the AI module, for the modules above it.

Most of them hold an `AiService`. It is not named here: calls of models need single parts only, and
a server answers them before it has loaded the rest.
"""

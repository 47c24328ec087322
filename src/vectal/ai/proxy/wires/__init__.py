"""The shapes that outside clients speak: chat completions, responses, messages.

A wire reads a client's body into a canonical request and writes canonical events back in the
client's own shape. Pure: it opens nothing and decides nothing.
"""

"""Vectal as an MCP server: the tools of runs, for models of other people's programs.

The protocol's streamable HTTP without sessions: each request is answered by itself, as JSON. A
caller acts with her own rights. What a program on the other side has read, nobody here knows; so
it counts as a run that has read strangers and knows private things, and since nobody can be asked,
what such a run would have to ask for is not offered at all.
"""

"""The protocol: JSON-RPC over streamable HTTP or a program's pipes, as much of it as tools need.

Spoken are the versions that begin with a handshake (2025-03-26 to 2025-11-25). Whatever a server
says is a stranger's: bounded before it is held, and parsed before it is believed.
"""

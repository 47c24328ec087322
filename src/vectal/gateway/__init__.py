"""The HTTP edge: the ASGI app, its routers, problem+json, limits, headers, docs and the web app.

Owns how a request comes in and an error goes out. Refuses business: it calls one service of one
module and returns.
"""

"""Which model answers: rules over the choice, the needs, health and preference.

Pure: the same catalogue, request and health give the same plan, with its reasons. It refuses to
call anything; the proxy walks the plan.
"""

"""Agent runs: a goal that a model works at, step by step, with tools, within a budget.

Owns runs, their journal and lease, the think-act loop, which tools a run may call, approvals and
taint. Refuses to call a tool with more rights than the person has who started the run, to repeat
an effect whose outcome is unknown, and to spend more than the run may.
"""

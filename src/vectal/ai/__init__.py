"""Everything about language models: which one answers, what it is told, how it is reached.

Owns the model catalogue, providers and their sealed keys, routing, prompts, the token budget of
a context, the tool loop, and the usage ledger. It reaches vendors through one wire
(`proxy`) only. It refuses to know what a conversation or a task is: callers bring the history,
and other modules register their tools.
"""

"""Conversations: messages, branches, and the turns in which a model answers.

Owns what was said, the stream in which it was said, and who may read it: its owner alone. Words
and titles are sealed at rest. Refuses to know vendors or tasks: a model is asked through the AI
module, and what its tools propose is kept by the module that owns the tools.
"""

"""OpenAI's `/responses`, as its vendors answer it.

Nothing is translated into it: only requests of that shape are sent there, as they came. What comes
back is read on the way, for its length, its counts and its end.
"""

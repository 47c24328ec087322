"""Which models there are: the catalogue file, and what a workspace can reach of it.

Owns model specifications, slots and aliases, and the merge of the file with the workspace's
providers and what those list. It refuses to choose: that is the router's work.
"""

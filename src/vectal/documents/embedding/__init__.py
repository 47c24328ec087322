"""Texts to vectors.

Owns the port of an embedding model and the local one, which needs no network. It refuses to
shorten a text in silence: what is longer than a model's window is cut, and its vectors averaged.
"""

import os

# OpenBLAS ends its threads whenever the process forks, and a product that another thread computes
# just then never ends: uvloop forks for each locked reader, and a worker stood still within
# seconds. One thread is computed in place. It counts when numpy is loaded, so it stands here.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

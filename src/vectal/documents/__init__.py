"""What files say: their text with places, cut into chunks, turned into vectors, and found again.

Owns extraction, chunking and embedding. It refuses to keep the files themselves (`files` does),
and to parse one inside the process that serves people: parsers run in a locked child.
"""

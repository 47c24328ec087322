"""Research: a question answered from the web, with sources that were read, and checked claims.

Owns the search engines, the reading and weighing of pages, and reports. Refuses to call any
address but a search engine's own and those that it found, to obey what a page says, and to go past
the limits of a research.
"""

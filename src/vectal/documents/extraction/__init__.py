"""From the bytes of a file to pages of text with boxes.

Owns the kinds of files we read, the parsers, OCR, and the locked child that both run in. It
refuses to trust anything that comes out of the child, and to run a parser outside it.
"""

"""Memories: short notes that models keep about a person's work, and that the person sees.

Owns the notes, sealed, each with where it came from. Refuses to keep a note that its person can't
see, change and delete, and to show one to anybody else.
"""

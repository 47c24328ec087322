"""Quick add: reads "Pay rent tomorrow 9am p1 #home +Flat" without a model, a clock or a database.

Owns what the words mean and where they stand in the text, so that an editor can show it. Refuses
to guess: words it does not understand, and repetition ("every monday"), stay in the title.
"""

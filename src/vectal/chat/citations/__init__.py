"""Citations of an answer: the numbers in it, what each is said of, and whether its source says so.

Owns how a number in brackets is read and how it is checked. It refuses to believe the model: a
check looks at words, numbers, names and negation of the passage alone. Pure, but for `citing`.
"""

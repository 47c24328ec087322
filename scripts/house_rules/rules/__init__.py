"""One file a family of rules. A rule is a function that yields what is wrong.

A rule about one Python file takes a `Source`; a rule about the tree takes the `Repository`.
Exemptions are tables beside the rule, never comments in the code that breaks it.
"""

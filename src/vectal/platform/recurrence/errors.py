"""What can be wrong with a rule."""


class RuleError(ValueError):
    """Says in words, for whoever wrote the rule, what can't be taken."""

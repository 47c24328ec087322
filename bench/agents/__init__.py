"""What a journaled step of a run costs, and how soon a run begins."""

"""SQL of runs and of their journal."""

"""SQL of the calendar."""

"""SQL of schedules, triggers and what they have begun."""

"""All SQL of conversations. Content goes in and comes out sealed."""

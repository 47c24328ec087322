"""All SQL of files, reached through the services alone."""

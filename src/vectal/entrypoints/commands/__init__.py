"""The commands, one module each: they read words from the command line and call one function."""

"""What the built app costs a browser."""

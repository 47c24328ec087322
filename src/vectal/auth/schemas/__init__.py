"""Wire shapes of accounts and auth, one file a noun."""

"""Event streams and long polls: told by one question for all, without a connection held."""

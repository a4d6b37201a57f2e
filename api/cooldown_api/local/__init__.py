"""The service within a program: `Client.local()`."""

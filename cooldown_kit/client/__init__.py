"""The client of the REST API, and the shapes that client and server share."""

"""What the source files of a repository import from each other, and an order in which they can be read."""

"""Files that people upload: how they come in, where they lie, what they hold, and how long they stay."""

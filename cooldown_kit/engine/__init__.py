"""Where an attempt runs: a child process of its own, on this machine or as the driver of a Ray job. Knows files only, no database."""

"""Workers: they claim jobs, start a child process for each attempt, watch it, and take over what others left."""

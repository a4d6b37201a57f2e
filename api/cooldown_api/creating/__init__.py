"""From a request to a job: what it may hold, what the policy lets it reach, what it refers to."""

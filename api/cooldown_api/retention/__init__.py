"""What is kept for a time only: details of jobs that ended long ago, folders of their attempts, answers to idempotency keys."""

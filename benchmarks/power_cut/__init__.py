"""A real counter whose power fails at a chosen step of a job, and the books that nobody of it can touch."""

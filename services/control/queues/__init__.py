"""Processing queues: which transfers share processes and slots."""

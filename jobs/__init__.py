"""What runs later: the queue, the lease, progress, and the tasks of workers."""

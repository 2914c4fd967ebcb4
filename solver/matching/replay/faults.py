"""How an attempt to allocate ends early."""


class AllocationFailed(Exception):
    """The allocator gives up on the pod; the text says why."""


class OutOfSteps(Exception):
    """The search took longer than the scheduler waits for it."""

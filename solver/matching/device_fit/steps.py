"""How long a search may take."""


class GaveUp(Exception):
    """The search took too many steps; whether the claims fit is not known."""

    def __init__(self, limit: int) -> None:
        super().__init__(limit)
        self.limit = limit

    def __str__(self) -> str:
        return f"{self.limit} steps did not tell whether the claims fit"


class Steps:
    """Counts the steps of a search."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._taken = 0

    def count(self) -> None:
        """Take one more.

        Raises:
            GaveUp: there was none left.
        """
        self._taken += 1
        if self._taken > self.limit:
            raise GaveUp(self.limit)

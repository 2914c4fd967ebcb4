"""What is asked for and what is free, as integers, and the grid on which joint packings are worked out.

A node has *host* resources (CPU, memory and whatever else counts, each in its own smallest unit, in an order that the
caller keeps) and devices of one kind, each with free thousandths. A request takes host amounts and either a share of
one device or whole devices.
"""

from dataclasses import dataclass

DEVICE_MILLI = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What one pod takes: *host* amounts, and *share_milli* of each of *devices* devices.

    *kinds* are the device kinds that will do, sorted; None: every kind. A request for no device goes anywhere.

    Raises:
        ValueError: a share that no device can give, or shares of several devices.
    """

    host: tuple[int, ...]
    devices: int
    share_milli: int
    kinds: tuple[int, ...] | None = None

    def __post_init__(self) -> None:
        if min(self.host, default=0) < 0:
            raise ValueError(f"host amounts are {self.host}, expected none below 0")
        if self.devices == 0:
            expected = range(1)
        elif self.devices == 1:
            expected = range(1, DEVICE_MILLI + 1)
        else:
            expected = range(DEVICE_MILLI, DEVICE_MILLI + 1)
        if self.devices < 0 or self.share_milli not in expected:
            raise ValueError(
                f"{self.share_milli} thousandths of each of {self.devices} devices cannot be given"
            )

    @property
    def device_milli(self) -> int:
        """Thousandths of devices altogether."""
        return self.devices * self.share_milli


@dataclass(frozen=True, slots=True, kw_only=True)
class FreeNode:
    """What is free on one node: *host* amounts, and thousandths of each device of its *kind*, in any order."""

    host: tuple[int, ...]
    kind: int
    devices: tuple[int, ...]

    @property
    def device_milli(self) -> int:
        """Thousandths of devices altogether."""
        return sum(self.devices)


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """Steps in which amounts are told apart: requests are rounded up to them, free amounts down.

    Packings on the grid can always be carried out. With steps that divide every amount they are exact; coarser steps
    cost less time and overlook packings that only just fit. A host resource with the step None does not count.

    Raises:
        ValueError: a step below 1, or one that does not divide a device.
    """

    host_steps: tuple[int | None, ...]
    share_step: int = 10

    def __post_init__(self) -> None:
        if min((step for step in self.host_steps if step is not None), default=1) < 1:
            raise ValueError(f"host steps are {self.host_steps}, expected none below 1")
        if self.share_step < 1 or DEVICE_MILLI % self.share_step:
            raise ValueError(f"share step is {self.share_step}, expected a divisor of {DEVICE_MILLI}")

    @property
    def device_levels(self) -> int:
        """Steps of a whole device."""
        return DEVICE_MILLI // self.share_step

    def host_up(self, host: tuple[int, ...]) -> tuple[int, ...]:
        """Steps that *host* amounts take, of the resources that count."""
        return tuple(
            -(-amount // step) for amount, step in zip(host, self.host_steps, strict=True) if step is not None
        )

    def host_down(self, host: tuple[int, ...]) -> tuple[int, ...]:
        """Whole steps in *host* amounts, of the resources that count; less than nothing is nothing."""
        return tuple(
            max(amount, 0) // step
            for amount, step in zip(host, self.host_steps, strict=True)
            if step is not None
        )

    def level_up(self, share_milli: int) -> int:
        """Steps that a share takes of a device."""
        return -(-share_milli // self.share_step)

    def level_down(self, free_milli: int) -> int:
        """Whole steps that are free of a device."""
        return max(free_milli, 0) // self.share_step

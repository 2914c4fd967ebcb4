"""Prices: decimal text in US dollars outside, whole micro-dollars inside."""

import re
from decimal import Decimal
from typing import Annotated

from pydantic import BeforeValidator, WithJsonSchema

from scheduler.api.base import rule_broken

MICRODOLLARS = 10**6
_PRICE = r"[0-9]{1,12}(\.[0-9]{1,6})?"


def microdollars(text: object) -> int:
    """The micro-dollars that *text*, a decimal number of US dollars, stands for.

    Raises:
        PydanticCustomError: *text* is not such a number, or has more than six decimals.
    """
    if not isinstance(text, str) or not re.fullmatch(_PRICE, text):
        raise rule_broken(
            found=repr(text), expected='US dollars as text with at most 6 decimals, such as "12.29"'
        )
    return int(Decimal(text) * MICRODOLLARS)


PriceText = Annotated[
    int, BeforeValidator(microdollars), WithJsonSchema({"type": "string", "pattern": f"^{_PRICE}$"})
]

"""Numbers in the paths of the control side: `{index:place}`."""

from __future__ import annotations

from starlette.convertors import Convertor, register_url_convertor


class PlaceConvertor(Convertor[int]):
    """Decimal digits, as many as a number of ours can have: no path is that of a number of 5000 digits."""

    regex = "[0-9]{1,18}"

    def convert(self, value: str) -> int:
        """The number."""
        return int(value)

    def to_string(self, value: int) -> str:
        """It as it stands in a path."""
        return str(value)


PLACE = "pixpact_place"
register_url_convertor(PLACE, PlaceConvertor())

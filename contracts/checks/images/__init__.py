"""Images check: the number, delivery, format, pixels, lifetime and price of a task's images are as promised."""

from pixpact.contracts.checks.images.check import images

__all__ = ["images"]

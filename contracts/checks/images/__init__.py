"""What the images of a task keep and break of what was promised."""

from pixpact.contracts.checks.images.check import images

__all__ = ["images"]

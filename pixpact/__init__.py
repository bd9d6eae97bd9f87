"""Pixpact: contract testing and mock servers for image-generation APIs.

The public Python API is what this module names in ``__all__``; everything else may change.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"
__all__ = ["Mock", "__version__", "mock"]

if TYPE_CHECKING:
    from pixpact.testing.embedded_mock import Mock, mock


def __getattr__(name: str) -> Any:
    """Import the mock on first use: `import pixpact` alone stays cheap (PEP 562)."""
    if name in ("Mock", "mock"):
        from pixpact.testing import embedded_mock

        return getattr(embedded_mock, name)
    raise AttributeError(f"module 'pixpact' has no attribute {name!r}")

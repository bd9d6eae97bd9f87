"""Renders a report as one HTML file, with style and script inside; everything is escaped, nothing is loaded.

The Content-Security-Policy allows the style and the script by their digests, so that nothing else can run, whatever an
endpoint put into its responses. The only module that imports Jinja.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

import pixpact

TEMPLATES = Path(__file__).parent / "templates"


def rendered(template: str, values: Mapping[str, Any], folder: Path | None = None) -> str:
    """Render a template of `folder`, or of this package. Raises jinja2.UndefinedError for a missing value."""
    style, script = _text("style.css"), _text("report.js")
    policy = "; ".join(
        (
            "default-src 'none'",
            f"style-src '{digest(style)}'",
            f"script-src '{digest(script)}'",
            "img-src data:",
            "base-uri 'none'",
            "form-action 'none'",
        )
    )
    # Both are files of the package, and the only unescaped parts of a page.
    frame = {"policy": policy, "style": Markup(style), "script": Markup(script), "version": pixpact.__version__}  # noqa: S704  # Pixpact's own files
    return _environment(folder).get_template(template).render({**values, **frame})


def digest(text: str) -> str:
    """A text's source expression in a Content-Security-Policy: `sha256-…` (CSP Level 3, section 2.3.1)."""
    return f"sha256-{b64encode(sha256(text.encode()).digest()).decode()}"


@cache
def _text(name: str) -> str:
    return (TEMPLATES / name).read_text(encoding="utf-8")


@cache
def _environment(folder: Path | None) -> Environment:
    folders = [TEMPLATES] if folder is None else [folder, TEMPLATES]
    return Environment(
        loader=FileSystemLoader(folders),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )

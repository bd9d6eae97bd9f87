"""Classifies media types by their name (RFC 6838, RFC 6839): JSON, text, form, file."""

from __future__ import annotations

FORM = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data"
STREAM = "text/event-stream"
_TEXTS = frozenset({"application/xml", "application/javascript", "application/yaml"})


def is_json(media_type: str) -> bool:
    """Whether its bodies are JSON; an event stream is, event by event."""
    name = _plain(media_type)
    return name == STREAM or name.endswith(("/json", "+json"))


def is_text(media_type: str) -> bool:
    """Whether its bodies are text."""
    name = _plain(media_type)
    return name != STREAM and (name.startswith("text/") or name in _TEXTS or name.endswith("+xml"))


def is_form(media_type: str) -> bool:
    """Whether its bodies are forms."""
    return _plain(media_type) in (FORM, MULTIPART)


def is_file(media_type: str) -> bool:
    """Whether its bodies are binary files, such as images."""
    return not (is_json(media_type) or is_text(media_type) or is_form(media_type))


def _plain(media_type: str) -> str:
    return media_type.partition(";")[0].strip().lower()

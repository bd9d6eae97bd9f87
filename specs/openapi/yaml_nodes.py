"""Composes YAML text into PyYAML nodes without resolving types; `document` builds on it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import yaml

try:
    from yaml import CSafeLoader as SafeLoader
except ImportError:  # PyYAML built without libyaml: slower, the same nodes
    from yaml import SafeLoader  # type: ignore[assignment]  # same interface


class Loader(SafeLoader):
    """Composes nodes without resolving types: a tag is the author's, or empty."""

    def resolve(self, kind: object, value: object, implicit: object) -> str:
        """Return an empty tag: `document` decides about plain scalars."""
        return ""


def compose_yaml(text: str, aliases: bool) -> yaml.Node | None:
    """The node tree of a YAML text; with `aliases`, redefined anchors are allowed. Raises yaml.YAMLError."""
    try:
        return yaml.compose(text, Loader=Loader)
    except yaml.composer.ComposerError as error:
        if not aliases or "duplicate anchor" not in str(error):
            raise
    # YAML allows redefined anchors (1.2.2, section 3.2.2.2); PyYAML does not.
    events = yaml.parse(text, Loader=Loader)
    return _Composing(event for event in events if not isinstance(event, _AROUND)).node()


_AROUND = (yaml.StreamStartEvent, yaml.StreamEndEvent, yaml.DocumentStartEvent, yaml.DocumentEndEvent)


class _Composing:
    """Builds nodes from events. An alias refers to the last node with its anchor."""

    def __init__(self, events: Iterator[yaml.Event]) -> None:
        self._events = events
        self._anchored: dict[str, yaml.Node] = {}

    def node(self) -> yaml.Node:
        """The node that starts with the next event."""
        return self._of(next(self._events))

    def _of(self, event: Any) -> yaml.Node:
        if isinstance(event, yaml.AliasEvent):
            if event.anchor not in self._anchored:
                mark: Any = event.start_mark
                raise yaml.composer.ComposerError(None, None, f"found undefined alias {event.anchor}", mark)
            return self._anchored[event.anchor]
        node = _begun(event)
        if event.anchor is not None:
            self._anchored[event.anchor] = node
        if isinstance(node, yaml.SequenceNode):
            for inner in self._until(yaml.SequenceEndEvent):
                node.value.append(self._of(inner))
        elif isinstance(node, yaml.MappingNode):
            for key in self._until(yaml.MappingEndEvent):
                node.value.append((self._of(key), self.node()))
        return node

    def _until(self, end: type[yaml.Event]) -> Iterator[yaml.Event]:
        while not isinstance(event := next(self._events), end):
            yield event


def _begun(event: Any) -> yaml.Node:
    """The node of an event, without its children."""
    marks: dict[str, Any] = {"start_mark": event.start_mark, "end_mark": event.end_mark}
    if isinstance(event, yaml.ScalarEvent):
        return yaml.ScalarNode(event.tag or "", event.value, style=event.style, **marks)
    kind = yaml.SequenceNode if isinstance(event, yaml.SequenceStartEvent) else yaml.MappingNode
    return kind(event.tag or "", [], flow_style=event.flow_style, **marks)

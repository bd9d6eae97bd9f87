"""Writes a draft as YAML: open tasks on top, proposals as comments at their place."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator
from pathlib import Path

from pixpact.specs.adopt.adopt import AdoptedDocument
from pixpact.specs.adopt.lifecycles import LifecycleProposal
from pixpact.specs.export import as_yaml
from pixpact.specs.openapi.document import Json, at, escaped, parse, steps
from pixpact.wire.control_characters import harmless_lines, visible_text

_WIDTH = 116
_MARK = "# "
_MOST_SHOWN = 20
_MOST_OF_ONE = 160


def draft_text(adopted: AdoptedDocument, origin: str) -> str:
    """The YAML of a draft. `origin` names the document it was made from."""
    body = as_yaml(adopted.document.value)
    comments: dict[str, list[str]] = {}
    for proposal in adopted.proposals:
        for pointer, lines in _comments(proposal):
            new = [
                shown
                for line in lines
                if (shown := harmless_lines(visible_text(line))) not in comments.get(pointer, ())
            ]
            comments.setdefault(pointer, []).extend(new)
    if adopted.proposals:
        comments["/components"] = [harmless_lines(visible_text(line)) for line in _lifecycles(adopted.proposals)]
    head = "".join(f"{_MARK}{harmless_lines(visible_text(line))}".rstrip() + "\n" for line in _head(adopted, origin))
    return head + _commented(body, comments)


def _head(adopted: AdoptedDocument, origin: str) -> Iterator[str]:
    """Yield what is left to do, the most valuable first."""
    made = sum(note.rule == "placeholder" for note in adopted.notes)
    yield f"A draft made from {origin} by `pixpact adopt`. It lints and can be served; docs/adopt.md says how to go on:"
    if adopted.proposals:
        yield f"- Likely lifecycles: {len(adopted.proposals)}, each with its reasons; look for `Proposed` below."
    if made:
        yield f"- Placeholders: {made}. What is marked `inferred` was made up; write what the vendor sends."
    yield "- Say which images a request yields (x-images), and where they stand in a response (x-value: $image.url)."
    left = list(dict.fromkeys(note.message for note in adopted.notes if note.rule in ("left-out", "changed")))
    for message in left[:_MOST_SHOWN]:
        yield f"- Left out or read otherwise: {message[:_MOST_OF_ONE]}"
    if len(left) > _MOST_SHOWN:
        yield f"  and {len(left) - _MOST_SHOWN} more"


def _comments(proposal: LifecycleProposal) -> Iterator[tuple[str, list[str]]]:
    """Yield (pointer of an object, comment lines in it) of a proposal; YAML lines start with `#` and no space."""
    name, (parameter, location) = proposal.name, proposal.parameter
    why = textwrap.wrap("Proposed: this operation begins a task: " + "; ".join(proposal.reasons) + ".", _WIDTH)
    yield proposal.starts, [*(_MARK + line for line in why), f"#x-lifecycle: {{start: {name}}}"]
    link = f"operationId: {proposal.operation}, parameters: {{{parameter}: '$response.body#{proposal.id.pointer}'}}"
    yield f"{proposal.starts}/responses/{proposal.status}", [f"#links: {{{name}: {{{link}}}}}"]
    shown = f"Proposed: this operation shows the task that {steps(proposal.starts)[1]} begins."
    yield proposal.shows, [_MARK + shown, f"#x-lifecycle: {{show: $request.{location}.{parameter}}}"]


def _lifecycles(proposals: Iterable[LifecycleProposal]) -> Iterator[str]:
    """Yield the states of each proposed lifecycle, once; durations and order are made up."""
    yield _MARK + "Proposed, with times made up. Each state needs an example of its name in what shows it."
    yield "#x-lifecycles:"
    for name, proposal in {one.name: one for one in reversed(tuple(proposals))}.items():
        bound = f"{proposal.id.pointer} of its responses is x-value: $task.id"
        bound += f", {proposal.word.pointer} is x-value: $task.status" if proposal.word else ""
        yield f"#  {name}:    # {bound}"
        yield f"#    initial: {next(iter(proposal.states()))}"
        yield "#    states:"
        yield from (f"#      {word}: {_flow(state)}" for word, state in proposal.states().items())


def _flow(state: dict[str, Json]) -> str:
    fields = (
        f"{key}: [{', '.join(setting)}]" if isinstance(setting, list) else f"{key}: {setting}"
        for key, setting in state.items()
    )
    return "{" + ", ".join(fields) + "}"


def _commented(body: str, comments: dict[str, list[str]]) -> str:
    """The text with comments inserted in the objects at the pointers, above their first field."""
    document = parse(body, Path("draft.yaml"))
    above: dict[int, list[str]] = {}
    for pointer, lines in comments.items():
        first = next(iter(at(document.value, pointer)))
        above.setdefault(document.origin(f"{pointer}/{escaped(first)}").line, []).extend(lines)
    made = []
    for number, line in enumerate(body.splitlines(), 1):
        indent = " " * (len(line) - len(line.lstrip(" ")))
        made += [f"{indent}{comment}" for comment in above.get(number, ())]
        made.append(line)
    return "\n".join(made) + "\n"

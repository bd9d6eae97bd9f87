"""The page of `pixpact diff`: changes by what a client must do, each with its lines and its evidence."""

from __future__ import annotations

import json
import re
import shlex
import sys
from collections.abc import Iterator
from typing import Any, NamedTuple

from rich.text import Text

from pixpact.contracts.diff.compare.security import carriers_of
from pixpact.contracts.diff.proof.witness import Witness
from pixpact.contracts.diff.read.contract_version import ContractVersion
from pixpact.contracts.diff.read.operations import calls
from pixpact.contracts.diff.report import ContractChange, ContractComparison, cut
from pixpact.contracts.diff.rules.rules import ORDER, TODO
from pixpact.contracts.diff.traffic.impact import CallEffect, CallImpact, EffectTally
from pixpact.contracts.reports.sanitize import TextSanitizer
from pixpact.contracts.reports.view import file_of
from pixpact.contracts.repro.curl import KEY, CredentialWriter, curl
from pixpact.specs.contract.model import CredentialPlace
from pixpact.specs.openapi.document import Json
from pixpact.specs.openapi.problems import SourcePlace
from pixpact.terminal.console import hang_whole, prose_console
from pixpact.wire.exchange import Exchange

_COLOURS = {"breaking": "bold red", "warning": "yellow", "info": "dim"}
_INDENT = " " * 9
_MOST_PLACES, _MOST_TEXT, _MOST_CONTENT = 3, 60, 400


class PageLine(NamedTuple):
    """A line of the page: its beginning, its text, and whether the text is wrapped. Commands are not wrapped."""

    text: str
    style: str = ""
    head: str = _INDENT
    head_style: str = ""
    wrapped: bool = True


def report(comparison: ContractComparison, impact: CallImpact | None, base: ContractVersion) -> None:
    """Print the whole page, wrapped between words; text to be copied stays on one line."""
    out = prose_console()
    for shown in (*_head(comparison), *_changes(comparison, base), *(_traffic(impact) if impact else ())):
        head = Text(shown.head, style=shown.head_style)
        if shown.wrapped:
            hang_whole(out, head, shown.text, shown.style)
        else:
            out.print(Text.assemble(head, (shown.text, shown.style)), soft_wrap=True)


def line(comparison: ContractComparison, impact: CallImpact | None) -> str:
    """The result in one line."""
    if impact is not None:
        rest = (
            f"{impact.count('refused')} refused, {impact.count('changed')} answered differently, "
            f"{impact.count('same')} as before"
        )
        unknown = impact.count("unknown")
        broken = f"{impact.breaking} of {_count(impact.calls, 'call')} break"
        more = f"; {unknown} not judged" if unknown else ""
        return f"{comparison.base} → {comparison.revision}: {broken}; {rest}{more}"
    counts = [sum(change.severity == severity for change in comparison.changes) for severity in ORDER]
    undecided = sum(bool(change.undecided) for change in comparison.changes)
    return (
        f"{comparison.base} → {comparison.revision}: {counts[0]} breaking, {_count(counts[1], 'warning')}"
        f"{f' ({undecided} undecided)' if undecided else ''}, {counts[2]} harmless"
    )


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _head(comparison: ContractComparison) -> Iterator[PageLine]:
    yield PageLine(line(comparison, None), "bold", "")
    for note in comparison.notes:
        yield PageLine(str(note), "yellow", "")


def _changes(comparison: ContractComparison, base: ContractVersion) -> Iterator[PageLine]:
    for action, title in TODO.items():
        breaking = [change for change in comparison.changes if change.action == action]
        if not breaking:
            continue
        yield _title(title)
        for change in breaking:
            yield from _change(change, base)


def _title(text: str) -> PageLine:
    return PageLine(text, "bold underline", "\n", wrapped=False)


def _file_and_line(origin: SourcePlace) -> str:
    """`FILE:LINE`; only the file if the line is 0."""
    return f"{file_of(origin)}:{origin.line}" if origin.line else file_of(origin)


def _change(change: ContractChange, base: ContractVersion) -> Iterator[PageLine]:
    yield PageLine(change.message, "", f"{change.severity:<8} {change.direction:<8} ", _COLOURS[change.severity])
    origins = [origin for origin in dict.fromkeys((change.before, change.after)) if origin is not None]
    yield PageLine(f"{' → '.join(map(_file_and_line, origins))}  {change.rule}", "dim")
    if change.severity == "info":
        return
    yield PageLine(_shown_at(change), "dim")
    if change.witness is not None:
        yield PageLine(change.witness.says)
        if shown := witness_text(change.witness, base):
            yield PageLine(shown, "cyan", wrapped=False)
    elif change.undecided:
        yield PageLine(f"undecided: {change.undecided}", "yellow")


def _shown_at(change: ContractChange) -> str:
    if len(change.places) > _MOST_PLACES:
        return f"in {len(change.places)} messages, such as {change.places[0]}"
    return f"in {', '.join(change.places)}"


def witness_text(witness: Witness, base: ContractVersion) -> str:
    """A witness as a command or as JSON, with long texts cut."""
    method, _, path = witness.operation.partition(" ")
    if witness.kind in ("response", "trace") or not path.startswith("/"):
        if witness.kind == "trace":
            return " → ".join(str(word) for word in witness.content or ())
        return _json(witness.content) if witness.content is not None else ""
    return _curl(method, path, witness, base)


_NAMED = re.compile(r"\{[^{}]*\}")


def _curl(method: str, path: str, witness: Witness, base: ContractVersion) -> str:
    """The complete request as a curl command, with the key in a variable; nothing is cut, so it can be pasted."""
    kind, _, name = witness.place.partition(" ")
    content, headers, body = witness.content, [], b""
    if kind == "path" and content is not None:
        path = path.replace(f"{{{name}}}", witness.written)
    address = _server(base).rstrip("/") + _NAMED.sub("ID", path)
    credentials = _credentials(witness, base)
    if kind == "query" and content is not None:
        address += f"?{witness.written or f'{name}={content}'}"
    elif kind == "header" and content is not None:
        headers.append((name, witness.written or str(content)))
    elif kind != "path" and content is not None:
        if _form_option(kind) and isinstance(content, dict):
            return _form(method, address, _fields(kind, content), credentials)
        headers.append(("Content-Type", kind or "application/json"))
        body = json.dumps(content, ensure_ascii=False).encode()
    headers += [
        (credential.name, f"{credential.prefix}key") for credential in credentials if credential.place == "header"
    ]
    query = "&".join(f"{credential.name}=key" for credential in credentials if credential.place == "query")
    address += f"{'&' if '?' in address else '?'}{query}" if query else ""
    return curl(Exchange(0.0, method, address, tuple(headers), body), CredentialWriter(credentials))


def _server(base: ContractVersion) -> str:
    """The URL of the first server with default values of variables; empty if there is none."""
    server = (base.value.get("servers") or [{}])[0]
    url = str(server.get("url", ""))
    for name, variable in server.get("variables", {}).items():
        url = url.replace(f"{{{name}}}", str(variable.get("default", name)))
    return url


def _credentials(witness: Witness, base: ContractVersion) -> tuple[CredentialPlace, ...]:
    """The credentials of the first alternative that the base documents for the operation."""
    call = calls(base).get(_NAMED.sub("{}", witness.operation))
    alternatives = carriers_of(base, call) if call else []
    carriers = [name.partition(" ")[::2] for name in sorted(alternatives[0])] if alternatives else []
    return tuple(
        CredentialPlace("Authorization", "header", "Bearer ")
        if name == "authorization"
        else CredentialPlace(name, "query" if location == "query" else "header", "")
        for location, name in carriers
        if location in ("header", "query")
    )


def _form(method: str, address: str, fields: list[str], credentials: tuple[CredentialPlace, ...]) -> str:
    keys = [
        f'-H "{credential.name}: {credential.prefix}${KEY}"'
        for credential in credentials
        if credential.place == "header"
    ]
    query = "&".join(f"{credential.name}=${KEY}" for credential in credentials if credential.place == "query")
    words = ["curl", *(["-X", method] if method != "POST" else []), *keys, shlex.join(fields)]
    return " ".join([*words, f'"{address}?{query}"' if query else shlex.quote(address)])


def _form_option(media: str) -> str:
    """The option of curl for a field of a form with this media type; empty if it is not a form."""
    return "-F" if "multipart" in media else "--data-urlencode" if "urlencoded" in media else ""


def _fields(media: str, content: dict[str, Json]) -> list[str]:
    """The arguments for the fields of a form."""
    option = _form_option(media)
    fields = [(key, item) for key, value in content.items() for item in (value if isinstance(value, list) else [value])]
    return [word for key, value in fields for word in (option, f"{key}={_part(key, value)}")]


def _part(name: str, value: Json) -> str:
    """A field of a form; an image is a file, whose bytes are in the JSON report."""
    media = value[5:].partition(";")[0] if isinstance(value, str) and value.startswith("data:image/") else ""
    if media:
        return f"@{name}.{media.partition('/')[2]};type={media}"
    return value if isinstance(value, str) else json.dumps(value)


def _json(content: Json) -> str:
    text = TextSanitizer()(json.dumps(_cut(content), ensure_ascii=False), sys.maxsize)
    return text if len(text) <= _MOST_CONTENT else text[:_MOST_CONTENT] + "…"


def _cut(value: Any) -> Any:
    """The value with long texts and long lists cut."""
    if isinstance(value, dict):
        return {key: _cut(inner) for key, inner in value.items()}
    if isinstance(value, list):
        kept = [_cut(inner) for inner in value[:3]]
        return [*kept, f"… {len(value) - 3} more"] if len(value) > 3 else kept
    return cut(value, _MOST_TEXT)


def _traffic(impact: CallImpact) -> Iterator[PageLine]:
    judged = impact.calls - impact.count("unknown")
    yield _title(f"Your calls: {impact.breaking} of {judged} break")
    for effect, tally in impact.effects:
        yield from _effect(effect, tally)


def _effect(effect: CallEffect, tally: EffectTally) -> Iterator[PageLine]:
    colour = "bold red" if effect.breaks else "yellow" if effect.outcome in ("changed", "unknown") else "dim"
    word = {"changed": "different response", "same": "as before", "unknown": "not judged"}.get(
        effect.outcome, effect.outcome
    )
    yield PageLine(effect.operation, "", f"{_count(tally.count, 'call'):<12} {word}  ", colour)
    if effect.outcome == "same":
        return
    left = " " * 13
    yield from (PageLine(reason, "", left) for reason in effect.reasons)
    if effect.fields:
        yield PageLine(f"fields: {', '.join(effect.fields)}", "dim", left)
    if effect.price:
        yield PageLine(f"cost of a call: {effect.price[0]} → {effect.price[1]}", "dim", left)
    yield PageLine(f"first: entry {tally.first}, {tally.url}", "dim", left)

"""What differs in the credentials that an operation asks for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pixpact.contracts.diff.compare.differences import (
    ContractDifference,
    MessageSite,
    Spots,
    StatedAt,
    change_of,
    of_both,
)
from pixpact.contracts.diff.read.contract_version import ContractVersion
from pixpact.contracts.diff.read.operations import SideOperation
from pixpact.specs.openapi.document import at, escaped
from pixpact.specs.openapi.parts import resolved

Alternative = frozenset[tuple[str, frozenset[str]]]
"""Credentials that are needed together: what each looks like on the wire, and its scopes. Empty: none is needed."""


def differences(
    base: ContractVersion, revision: ContractVersion, before: SideOperation, after: SideOperation
) -> Iterator[ContractDifference]:
    """Alternatives that are new or gone; such as differ in nothing but scopes are compared scope by scope."""
    old, new = _alternatives(base, before), _alternatives(revision, after)
    yield from _schemes(base, revision, before, after)
    gone = [entry for entry in old if entry not in new]
    come = [entry for entry in new if entry not in old]
    site = MessageSite("request", "security", before.label)
    spots = of_both(StatedAt(_place(side, call)) for side, call in ((base, before), (revision, after)))
    if len(gone) == len(come) == 1 and _carriers(gone[0]) == _carriers(come[0]):
        yield from _scopes(site, spots, gone[0], come[0])
        return
    for alternative in gone:
        yield ContractDifference(
            "credential", "removed", site, (reported(alternative),), *spots, detail=[reported(entry) for entry in new]
        )
    for alternative in come:
        yield ContractDifference(
            "credential", "added", site, (reported(alternative),), *spots, detail=[reported(entry) for entry in old]
        )


def _schemes(
    base: ContractVersion, revision: ContractVersion, before: SideOperation, after: SideOperation
) -> Iterator[ContractDifference]:
    """Where a token is asked for, and which scopes there are, of the schemes that both operations name."""
    names = [_named(side, call) for side, call in ((base, before), (revision, after))]
    for name in (name for name in names[0] if name in names[1]):
        pointers = [f"/components/securitySchemes/{escaped(name)}" for _ in (0, 1)]
        addresses = [_addresses(side, pointer) for side, pointer in zip((base, revision), pointers, strict=True)]
        site = MessageSite("request", "security", "")
        for key in dict.fromkeys((*addresses[0], *addresses[1])):
            old, new = (by_key.get(key) for by_key in addresses)
            if old == new:
                continue
            action = change_of(old, new)
            spots = of_both(spot or StatedAt(pointer) for spot, pointer in zip((old, new), pointers, strict=True))
            subject = "known-scope" if key[0] == "scope" else "credential-url"
            yield ContractDifference(subject, action, site, (name, key[1]), *spots)


def _named(side: ContractVersion, call: SideOperation) -> list[str]:
    """The schemes that an operation names."""
    written = at(side.value, call.pointer).get("security", side.value.get("security", []))
    return list(dict.fromkeys(name for alternative in written or () for name in alternative))


def _addresses(side: ContractVersion, pointer: str) -> dict[tuple[str, str], StatedAt]:
    """The URLs and scopes of a scheme, each with its place; scopes by their name alone."""
    try:
        scheme_pointer = resolved(side.value, pointer)
        scheme = at(side.value, scheme_pointer)
    except KeyError:
        return {}
    addresses = {}
    if "openIdConnectUrl" in scheme:
        addresses["url", "openIdConnectUrl"] = StatedAt(
            f"{scheme_pointer}/openIdConnectUrl", scheme["openIdConnectUrl"]
        )
    flows = scheme.get("flows")
    for flow, written in flows.items() if isinstance(flows, dict) else ():
        for key in ("authorizationUrl", "tokenUrl", "refreshUrl"):
            if isinstance(written, dict) and key in written:
                addresses["url", f"{flow} {key}"] = StatedAt(
                    f"{scheme_pointer}/flows/{escaped(flow)}/{key}", written[key]
                )
        scopes = written.get("scopes") if isinstance(written, dict) else None
        for scope in scopes if isinstance(scopes, dict) else ():
            addresses["scope", scope] = StatedAt(
                f"{scheme_pointer}/flows/{escaped(flow)}/scopes/{escaped(scope)}", scope
            )
    return addresses


def _scopes(site: MessageSite, spots: Spots, old: Alternative, new: Alternative) -> Iterator[ContractDifference]:
    left, right = ({(carrier, scope) for carrier, scopes in granted for scope in scopes} for granted in (old, new))
    for carrier, scope in sorted(left ^ right):
        action = "added" if (carrier, scope) in right else "removed"
        difference = ContractDifference("scope", "added", site, (f"{carrier}: {scope}",), *spots)
        yield difference if action == "added" else ContractDifference("scope", "removed", site, difference.path, *spots)


def _carriers(alternative: Alternative) -> list[str]:
    return sorted(carrier for carrier, _ in alternative)


def reported(alternative: Alternative) -> str:
    """The credentials in words: `Authorization: Bearer …`."""
    return " and ".join(sorted(carrier for carrier, _ in alternative)) or "no credential"


def _place(side: ContractVersion, call: SideOperation) -> str:
    if "security" in at(side.value, call.pointer):
        return f"{call.pointer}/security"
    return "/security" if "security" in side.value else call.pointer


def _alternatives(side: ContractVersion, call: SideOperation) -> list[Alternative]:
    written = at(side.value, call.pointer).get("security", side.value.get("security", []))
    if not written:
        return [frozenset()]
    alternatives = []
    for alternative in written:
        needed = frozenset((_carrier(side, name), frozenset(scopes)) for name, scopes in alternative.items())
        alternatives.append(needed)
    return alternatives


def _carrier(side: ContractVersion, name: str) -> str:
    """What a credential looks like on the wire; its name in the document says nothing to a client."""
    try:
        scheme: dict[str, Any] = at(side.value, resolved(side.value, f"/components/securitySchemes/{escaped(name)}"))
    except KeyError:
        return name
    kind = scheme.get("type", "")
    if kind == "apiKey":
        return f"{scheme.get('in', '')} {scheme.get('name', '')}"
    if kind == "http":
        return f"Authorization: {str(scheme.get('scheme', '')).title()}"
    if kind in ("oauth2", "openIdConnect"):
        return f"Authorization: Bearer ({kind})"
    return str(kind or name)


def carriers_of(side: ContractVersion, call: SideOperation) -> list[frozenset[str]]:
    """For each alternative the places where its credentials stand: `header authorization`, `query key`."""
    carriers = []
    for alternative in _alternatives(side, call):
        positions = {_place_of(carrier) for carrier, _ in alternative}
        carriers.append(frozenset(position for position in positions if position))
    return carriers


def _place_of(carrier: str) -> str:
    if carrier.startswith("Authorization"):
        return "header authorization"
    kind, _, name = carrier.partition(" ")
    return f"{kind} {name.lower()}" if kind in ("header", "query") else ""

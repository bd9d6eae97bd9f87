"""The registry of a contract's claims: one claim per statement, with a stable id."""

from __future__ import annotations

from pixpact.contracts.claims.claim import Area, Claim
from pixpact.contracts.samples.statements import short_pointer
from pixpact.specs.contract.model import Contract


class ClaimBook:
    """All claims of one contract, in the order in which they were entered."""

    def __init__(self, contract: Contract) -> None:
        self.contract = contract
        self.claims: dict[str, Claim] = {}

    def enter(
        self,
        area: Area,
        operation: str,
        pointer: str,
        text: str,
        *,
        tail: str = "",
        name: str | None = None,
        group: str = "",
    ) -> Claim:
        """Enter the claim of the statement at `pointer`; return the existing one if it was entered before.

        Its id is `vendor:operation:area/name/tail`; the name defaults to the shortened pointer. Where another statement
        already has that id, a number is appended.
        """
        pointer_or_name = self._short(operation, pointer) if name is None else name
        path = "/".join(part for part in (area, pointer_or_name, tail) if part)
        start = f"{self.contract.vendor}:{operation}:"
        key, count = start + path, 1
        while key in self.claims and self.claims[key].pointer != pointer:
            count += 1
            key = f"{start}{path}~{count}"
        if key not in self.claims:
            origin = self.contract.document.origin(pointer)
            wider = f"{start}{area}/{group}" if group else ""
            self.claims[key] = Claim(key, area, operation, pointer, origin, text, wider)
        return self.claims[key]

    def _short(self, operation: str, pointer: str) -> str:
        """The shortened pointer, relative to the operation where it is below it."""
        within = self._contract_pointer(operation)
        return short_pointer(pointer, within) if within and pointer.startswith(within + "/") else short_pointer(pointer)

    def _contract_pointer(self, operation: str) -> str:
        return next(
            (
                named_operation.pointer
                for named_operation in self.contract.operations
                if named_operation.id == operation
            ),
            "",
        )

    def __len__(self) -> int:
        return len(self.claims)

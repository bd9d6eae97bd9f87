"""All claims of a contract, each with a stable id and the line of its statement."""

from __future__ import annotations

from pixpact.contracts.claims.acceptance import AcceptanceClaims
from pixpact.contracts.claims.book import ClaimBook
from pixpact.contracts.claims.claim import Claim
from pixpact.contracts.claims.lifecycles import LifecycleClaims
from pixpact.contracts.claims.parameters import ParameterClaims
from pixpact.contracts.claims.refusals import RefusalClaims
from pixpact.contracts.claims.responses import ResponseClaims
from pixpact.specs.contract.model import Contract, Operation, RequestMedia

UNKNOWN_TASK = "unknown-task"
UNAUTHENTICATED = "unauthenticated"
INVALID = "invalid-request"


class ContractClaims:
    """All claims of a contract, with the indexes that find those of a request or a response."""

    def __init__(self, contract: Contract) -> None:
        self.contract = contract
        self.book = ClaimBook(contract)
        self.acceptance: dict[tuple[str, str], AcceptanceClaims] = {}
        self.refusals: dict[tuple[str, str], RefusalClaims] = {}
        self.parameters: dict[str, ParameterClaims] = {}
        self.whole: dict[tuple[str, str], Claim] = {}
        """(operation, `media-type` or `malformed`) → the claim that such a body is refused."""
        self.valid: dict[str, Claim] = {}
        """Operation id → the claim that valid values are also accepted in combination."""
        for operation in contract.operations:
            self.parameters[operation.id] = ParameterClaims(self.book, operation)
            for media in operation.body.media if operation.body else ():
                self._enter_body(operation, media)
        self.responses = ResponseClaims(self.book)
        self.lives = LifecycleClaims(self.book)

    def _enter_body(self, operation: Operation, media: RequestMedia) -> None:
        assert operation.body is not None
        accepted = AcceptanceClaims(self.book, operation, media)
        self.acceptance[(operation.id, media.name)] = accepted
        self.refusals[(operation.id, media.name)] = RefusalClaims(self.book, accepted)
        texts = {"media-type": "a body of another media type is refused"}
        if media.name == "application/json":
            texts["malformed"] = "a body that is not JSON is refused"
        for about, text in texts.items():
            claim = self.book.enter("refusal", operation.id, operation.body.pointer, text, name=about)
            self.whole[(operation.id, about)] = claim
        text = "every combination of values that keeps all rules is accepted"
        self.valid[operation.id] = self.book.enter(
            "request", operation.id, operation.body.pointer, text, name="together"
        )

    @property
    def all(self) -> tuple[Claim, ...]:
        """All claims, in the order of the contract."""
        return tuple(self.book.claims.values())

    def find(self, key: str) -> Claim | None:
        """The claim with this id; None without one."""
        return self.book.claims.get(key)

    def unreachable(self) -> dict[str, str]:
        """Refusal claims that no request can exercise alone: claim id → why."""
        every = [refusal.unreachable for refusal in self.refusals.values()]
        every += [parameter.unreachable for parameter in self.parameters.values()]
        return {key: why for part in every for key, why in part.items()}

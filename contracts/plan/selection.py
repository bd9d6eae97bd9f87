"""Selects the claims of a check by `--include` and `--exclude`: operation ids, or patterns of claim ids."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase

from pixpact.contracts.claims.claim import Claim, Judgement
from pixpact.contracts.claims.contract_claims import ContractClaims
from pixpact.contracts.findings import Finding
from pixpact.contracts.plan.plan import ProbePlan
from pixpact.contracts.plan.probe import Probe

LEFT_OUT = "left out by --include or --exclude"


@dataclass(frozen=True, slots=True)
class Selection:
    """Shell patterns; one without a colon also matches operation ids. Without patterns, everything is selected."""

    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()

    def has(self, claim: Claim) -> bool:
        """Whether the claim is selected."""
        wanted = not self.include or any(_fits(pattern, claim) for pattern in self.include)
        return wanted and not any(_fits(pattern, claim) for pattern in self.exclude)

    def unused(self, claims: ContractClaims) -> tuple[str, ...]:
        """The patterns that match no claim."""
        return tuple(
            pattern
            for pattern in (*self.include, *self.exclude)
            if not any(_fits(pattern, claim) for claim in claims.all)
        )

    def planned(self, plan: ProbePlan, claims: ContractClaims) -> ProbePlan:
        """The plan with only the probes that exercise a selected claim."""
        if not (self.include or self.exclude):
            return plan
        chosen = {claim.id for claim in claims.all if self.has(claim)}
        operations = {claim.operation for claim in claims.all if claim.id in chosen}

        def is_wanted(probe: Probe) -> bool:
            return any(key in chosen for key in probe.claims) if probe.claims else probe.operation in operations

        return replace(
            plan,
            probes=tuple(filter(is_wanted, plan.probes)),
            generated=tuple(probe for probe in plan.generated if probe.operation in operations),
        )

    def findings(self, findings: Iterable[Finding]) -> tuple[Finding, ...]:
        """The findings that break a selected claim."""
        return tuple(
            finding for finding in findings if any(self.has(claim) for claim in (finding.claim, *finding.claims))
        )

    def judgements(self, judgements: Iterable[Judgement]) -> tuple[Judgement, ...]:
        """The judgements; claims that are not selected become not checkable."""
        return tuple(
            judgement if self.has(judgement.claim) else Judgement(judgement.claim, "not-checkable", LEFT_OUT)
            for judgement in judgements
        )


def _fits(pattern: str, claim: Claim) -> bool:
    names = [claim.id, claim.id.partition(":")[2], *([claim.operation] if ":" not in pattern else [])]
    return any(fnmatchcase(name, pattern) for name in names)

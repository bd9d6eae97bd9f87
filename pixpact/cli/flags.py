"""Flags of `pixpact check` that do nothing without another, or beside one."""

from __future__ import annotations

from pixpact.terminal.refusal import UsageRefused

_OF_URLS = ("--rate", "--api-key-env", "--second-api-key-env", "--header", "--user-agent", "--cookie", "--query")
_OF_TLS = ("--cacert", "--insecure")
_SEVERAL = {"--report": "reports", "--header": "headers", "--cookie": "cookies"}
_NEEDS = (
    ("--update-baseline", "--baseline FILE"),
    ("--record-images", "--record FILE"),
    *((flag, "--url URL") for flag in (*_OF_URLS, *_OF_TLS)),
)
_APART = (
    *(("--plan", it) for it in ("--plan-file", "--traffic", "--propose", "--record", "--report", "--update-baseline")),
    *(("--traffic", it) for it in ("--plan-file", "--record", "--rate", "--fuzz", "--poll-every", "--reference-url")),
    *(("--traffic", it) for it in ("--max-images", "--max-requests", "--max-cost", "--price")),
)


def contradictions(options: object) -> None:
    """Raises UsageRefused for flags of which one would silently do nothing."""

    def given(flag: str) -> bool:
        return bool(getattr(options, _SEVERAL.get(flag, flag[2:].replace("-", "_"))))

    for flag, other in _NEEDS:
        if given(flag) and not given(other.split()[0]):
            raise UsageRefused(f"pixpact: {flag} needs {other}")
    for flag, other in _APART:
        if given(flag) and given(other):
            raise UsageRefused(
                f"pixpact: {flag} sends nothing, so that {other} has nothing to do: leave one of them out"
            )

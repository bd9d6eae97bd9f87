"""Combinations of flags of `pixpact check` in which one has no effect."""

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
    *(
        ("--plan", flag)
        for flag in ("--plan-file", "--traffic", "--propose", "--record", "--report", "--update-baseline")
    ),
    *(
        ("--traffic", flag)
        for flag in ("--plan-file", "--record", "--rate", "--fuzz", "--poll-every", "--reference-url")
    ),
    *(("--traffic", flag) for flag in ("--max-images", "--max-requests", "--max-cost", "--price")),
)


def contradictions(options: object) -> None:
    """Raises UsageRefused if a flag would have no effect."""

    def given(flag: str) -> bool:
        return bool(getattr(options, _SEVERAL.get(flag, flag[2:].replace("-", "_"))))

    for flag, needed in _NEEDS:
        if given(flag) and not given(needed.split()[0]):
            raise UsageRefused(f"pixpact: {flag} needs {needed}")
    for flag, needed in _APART:
        if given(flag) and given(needed):
            raise UsageRefused(
                f"pixpact: {flag} sends nothing, so that {needed} has nothing to do: leave one of them out"
            )

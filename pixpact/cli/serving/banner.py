"""What `pixpact serve` prints once it accepts requests."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from pixpact.cli.samples import sample_curl
from pixpact.mockserver.context import MockSettings
from pixpact.mockserver.playback.files import played
from pixpact.mockserver.playback.recording import Recording
from pixpact.specs.contract.model import Contract
from pixpact.specs.openapi.messages import plural
from pixpact.terminal.output import say


@dataclass(frozen=True, slots=True)
class ServedMock:
    """What the banner shows of a mock. `store` is empty for memory."""

    url: str
    contracts: Sequence[Contract]
    settings: MockSettings
    stands_still: bool
    recording: Recording | None
    ca_file: Path | None
    store: str = ""
    workers: int = 1


def quiet_banner(mock: ServedMock) -> None:
    """Print nothing, except a token: it may be random, and nobody could know it otherwise."""
    if mock.settings.token is not None:
        say(control_access(mock.url, mock.settings.token), err=True)


def control_access(url: str, token: str) -> str:
    """How to access the control API and the console with a token."""
    return f"control API and console require the token {token}: {url}/_pixpact/?token={token}"


def json_line(mock: ServedMock) -> None:
    """Print one line of JSON."""
    urls = {contract.name: f"{mock.url}/{contract.name}" for contract in mock.contracts}
    trust = {"ca_file": str(mock.ca_file)} if mock.ca_file else {}
    trust |= {"token": mock.settings.token} if mock.settings.token is not None else {}
    say(json.dumps({"ready": True, "url": mock.url, "vendors": urls, "control": f"{mock.url}/_pixpact", **trust}))
    sys.stdout.flush()


def banner(mock: ServedMock) -> None:
    """Print what is served, with a sample request for each contract."""
    url, settings = mock.url, mock.settings
    clock = "standing clock" if mock.stands_still else "true time"
    lines = [f"Pixpact serves {plural(len(mock.contracts), 'contract')} at {url}"]
    lines.append(f"pace {settings.pace.text}, {clock}, seed {settings.seed}; console {url}/_pixpact/; Ctrl-C stops it")
    if settings.token is not None:
        lines.append(control_access(url, settings.token))
    if mock.store:
        workers = f"{mock.workers} workers remember" if mock.workers > 1 else "it remembers"
        lines.append(f"{workers} in {mock.store}")
    key = next(iter(settings.keys)) if settings.keys else "sk-anything"
    for contract in mock.contracts:
        lines += [
            "",
            f"{contract.name}: {contract.title} ({contract.version})",
            f"  base URL  {url}/{contract.name}",
            f"  docs      {url}/{contract.name}/docs",
        ]
        lines += ["  " + line for line in sample_curl(contract, f"{url}/{contract.name}", key).splitlines()]
    if mock.ca_file is not None:
        lines += ["", f"clients trust it by SSL_CERT_FILE, NODE_EXTRA_CA_CERTS or curl --cacert {mock.ca_file}"]
    if mock.recording is not None:
        lines += ["", *played(mock.recording, list(mock.contracts))]
    say("\n".join(lines))
    sys.stdout.flush()


Saying = Callable[[ServedMock], None]


def banner_of(*, as_json: bool, quiet: bool) -> Saying:
    """The function that prints, by the flags."""
    return json_line if as_json else quiet_banner if quiet else banner

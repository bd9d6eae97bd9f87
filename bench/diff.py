"""How long `pixpact diff` takes, interpreter and all, and how many recorded calls it judges in a second.

Usage: python bench/diff.py [ROUNDS] [CALLS]
       python bench/diff.py DOCUMENT…

The second form changes one limit in a copy of each document, and says how long the comparison takes, against reading
the document twice. `generated` is a document of some 87,000 lines that is made for it.
"""

from __future__ import annotations

import json
import re
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from pixpact.contracts.diff.read.contract_version import read_version
from pixpact.contracts.diff.report import comparison
from pixpact.specs.catalogue import SpecCatalogue
from pixpact.specs.openapi.document import parse
from pixpact.wire.exchange import Exchange
from pixpact.wire.har import to_har

JSON = (("Authorization", "Bearer [redacted]"), ("Content-Type", "application/json"))
SUBMITTED = {"code": 200, "data": [{"status": "submitted", "task_id": "task_01K8"}]}
TASK = {"id": "task_01K8", "status": "processing", "progress": 45, "created": 1790000000, "estimated_time": 60}


def call(index: int) -> Exchange:
    """Submits and polls in turn, no two prompts alike."""
    if index % 2:
        url = f"https://api.apimart.ai/v1/tasks/task_{index}"
        return Exchange(
            index, "GET", url, JSON[:1], b"", 200, JSON[1:], json.dumps({"code": 200, "data": TASK}).encode()
        )
    body = {"model": "doubao-seedream-5-0-lite", "prompt": f"Kite {index} " + "x" * 300, "n": 1 + index % 4}
    url = "https://api.apimart.ai/v1/images/generations"
    return Exchange(index, "POST", url, JSON, json.dumps(body).encode(), 200, JSON[1:], json.dumps(SUBMITTED).encode())


def seconds(*words: str) -> float:
    """From starting the process to its end."""
    started = time.perf_counter()
    subprocess.run([sys.executable, "-m", "pixpact", "diff", *words], stdout=subprocess.DEVNULL, check=False)
    return time.perf_counter() - started


def peak() -> int:
    """The most memory of any child so far, in KiB."""
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss


def generated(resources: int = 600) -> dict[str, Any]:
    """A document with two operations for each resource; ten resources refer to each other."""
    schemas, paths = dict[str, Any](), dict[str, Any]()
    for index in range(resources):
        texts = {f"field_{place}": {"type": "string", "maxLength": 40 + place} for place in range(20)}
        others = {
            f"other_{step}": {"$ref": f"#/components/schemas/R{index - index % 10 + (index + step) % 10}"}
            for step in (1, 7)
        }
        schemas[f"R{index}"] = {"type": "object", "properties": texts | others, "required": ["field_0"]}
        content = {"application/json": {"schema": {"$ref": f"#/components/schemas/R{index}"}}}
        done = {"responses": {"200": {"description": "Done.", "content": content}}}
        paths[f"/r{index}"] = {"get": done, "post": {"requestBody": {"content": content}, **done}}
    return {
        "openapi": "3.1.0",
        "info": {"title": "Generated", "version": "1"},
        "paths": paths,
        "components": {"schemas": schemas},
    }


def small_change(path: str) -> None:
    """Reads a document twice, the second time with another text for one of its limits, and compares both."""
    text = json.dumps(generated(), indent=1) if path == "generated" else Path(path).read_text()
    limits = list(re.finditer(r"""(["']?maxLength["']?: ?)(\d+)""", text))
    middle = limits[len(limits) // 2]
    changed = f"{text[: middle.start()]}{middle[1]}{int(middle[2]) + 1}{text[middle.end() :]}"
    name = Path("generated.json" if path == "generated" else path)
    started = time.process_time()
    sides = [read_version(parse(side, name, aliases=True), "api") for side in (text, changed)]
    read = time.process_time() - started
    changes = comparison(*sides).changes
    took = time.process_time() - started - read
    times = f"read twice {read:.1f} s, compared {took:.1f} s ({took / read:.1f} x)"
    print(f"{path}: {len(text.splitlines())} lines, {times}, {len(changes)} told")


def main() -> None:
    if len(sys.argv) > 1 and not sys.argv[1].isdecimal():
        for path in sys.argv[1:]:
            small_change(path)
        return
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    calls = int(sys.argv[2]) if len(sys.argv) > 2 else 10_000
    catalogue = SpecCatalogue()
    print(f"{'':34} median s   ({rounds} rounds)")
    # Memory is that of the largest child so far: the calls come first, the short recording before the long one.
    with tempfile.TemporaryDirectory() as folder:
        for count in (calls // 10, calls):
            path = Path(folder) / "app.har"
            path.write_text(json.dumps(to_har(map(call, range(count)), creator_version="0")))
            words = ("apimart", "apimart@2026-09", "--traffic", str(path))
            took = statistics.median(seconds(*words) for _ in range(rounds))
            size = path.stat().st_size / 1e6
            print(f"{f'{count} calls, {size:.0f} MB':34} {took:8.2f}   {peak() / 1024:.0f} MiB at most")
    for vendor in catalogue.names():
        for overlay in catalogue.overlays(vendor):
            name = f"{vendor}@{overlay}"
            print(f"{name:34} {statistics.median(seconds(vendor, name) for _ in range(rounds)):8.2f}")


if __name__ == "__main__":
    main()

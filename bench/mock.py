"""Requests per second, and how long the slowest wait, beside a bare ASGI application and peers, in one run.

Where other processes take the cores too, compare the processor time of one request, and not requests per second.

Loopback only, bounded in time: a few seconds of `wrk` (Debian package wrk) for each server and round, in turn, the
server on one core and wrk on another where there are two. The peers are npm packages that are started if they are
installed in the folder that PEERS names (npm install --prefix PEERS @copilotkit/aimock openapi-backend
@stoplight/prism-cli); what is not there is said.

Usage: python bench/mock.py [rounds] [seconds] [tasks]; PIXPACT_BENCH=words adds options of serve.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from load import BARE, PATH, SUBMIT, on_core, resident

MOCK = "the mock"
SERVE = [
    sys.executable,
    "-m",
    "pixpact",
    "serve",
    "apimart",
    "--port",
    "0",
    "--json",
    "--api-key",
    "sk-bench=1000000000",
]
POLL = 'wrk.headers["Authorization"] = "Bearer sk-bench"\n'
DOCUMENT = {
    "openapi": "3.0.3",
    "info": {"title": "images", "version": "1"},
    "components": {"securitySchemes": {"key": {"type": "http", "scheme": "bearer"}}},
    "paths": {
        PATH: {
            "post": {
                "operationId": "createImage",
                "security": [{"key": []}],
                "requestBody": {
                    "required": True,
                    "content": {
                        "application/json": {
                            "schema": {
                                "type": "object",
                                "required": ["model", "prompt"],
                                "properties": {
                                    "model": {"type": "string"},
                                    "prompt": {"type": "string", "maxLength": 4000},
                                    "n": {"type": "integer", "minimum": 1, "maximum": 15},
                                },
                            }
                        }
                    },
                },
                "responses": {
                    "200": {
                        "description": "submitted",
                        "content": {"application/json": {"example": {"data": [{"task_id": "task_1"}]}}},
                    }
                },
            }
        }
    },
}
OPENAPI_BACKEND = """
const { OpenAPIBackend } = require("openapi-backend");
const http = require("http");
const api = new OpenAPIBackend({ definition: process.argv[2], quick: true });
api.register({
  notFound: (c, req, res) => res.writeHead(404).end(),
  validationFail: (c, req, res) => res.writeHead(400).end(),
  notImplemented: (c, req, res) => {
    const { status, mock } = api.mockResponseForOperation(c.operation.operationId);
    res.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(mock));
  },
});
api.registerSecurityHandler("key", (c) => !!c.request.headers.authorization);
api.init().then(() => http.createServer((req, res) => {
  const chunks = [];
  req.on("data", (c) => chunks.push(c)).on("end", () => api.handleRequest({ method: req.method, path: req.url,
    headers: req.headers, body: chunks.length ? JSON.parse(Buffer.concat(chunks)) : undefined }, req, res));
}).listen(Number(process.argv[3]), "127.0.0.1"));
"""


@dataclass
class Measured:
    """One server, and what was measured of it, a value a round: requests per second, milliseconds at p50 and p99."""

    process: subprocess.Popen[str]
    url: str
    rates: list[float] = field(default_factory=list)
    middle: list[float] = field(default_factory=list)
    slow: list[float] = field(default_factory=list)
    costs: list[float] = field(default_factory=list)
    """Microseconds of processor time that one request took, the kernel's for this process included."""

    def spent(self) -> float:
        """Seconds of processor time that the process has taken, all threads together (Linux)."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def line(self, name: str, base: Measured) -> str:
        """The row of the table; ratios are to `base`, round by round."""
        rate, ratios = self.rates, [mine / theirs for mine, theirs in zip(self.rates, base.rates, strict=True)]
        cheaper = [theirs / mine for mine, theirs in zip(self.costs, base.costs, strict=True)]
        tail = statistics.median(slow / middle for slow, middle in zip(self.slow, self.middle, strict=True))
        return (
            f"{name:18} {min(rate):8.0f} {statistics.median(rate):8.0f} {max(rate):8.0f}"
            f"   {min(ratios):5.2f} {statistics.median(ratios):5.2f} {max(ratios):5.2f}"
            f"   {statistics.median(self.middle):7.2f} {statistics.median(self.slow):8.2f} {tail:8.1f}"
            f"   {statistics.median(self.costs):6.0f} {statistics.median(cheaper):5.2f}"
            f" {resident(self.process):8.0f}"
        )


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def started(words: list[str]) -> Measured:
    """A server that prints a line of JSON with its URL once it is ready."""
    process = subprocess.Popen(on_core(0, words), stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    return Measured(process, json.loads(process.stdout.readline())["url"])


def waited_for(words: list[str]) -> Measured:
    """A server that is told its port last, and listens on it at some time."""
    port, silent = free_port(), subprocess.DEVNULL
    process = subprocess.Popen(on_core(0, [*words, str(port)]), stdout=silent, stderr=silent, text=True)
    for _ in range(200):
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=1).close()
        except urllib.error.HTTPError:
            break
        except OSError:
            time.sleep(0.1)
        else:
            break
    return Measured(process, f"http://127.0.0.1:{port}")


def peers(folder: Path, work: Path) -> dict[str, Callable[[], Measured]]:
    """What is installed of the peers, by name: how each is started."""
    found: dict[str, Callable[[], Measured]] = {}
    modules = folder / "node_modules"
    document = work / "images.json"
    document.write_text(json.dumps(DOCUMENT))
    if (modules / "openapi-backend").exists():
        script = modules / "pixpact-bench.cjs"
        script.write_text(OPENAPI_BACKEND)
        found["openapi-backend"] = partial(waited_for, ["node", str(script), str(document)])
    if (prism := modules / ".bin/prism").exists():
        words = [str(prism), "mock", "-h", "127.0.0.1", "-v", "silent", str(document), "-p"]
        found["Prism"] = partial(waited_for, words)
    if (aimock := modules / ".bin/llmock").exists():
        fixtures = work / "fixtures.json"
        image = {"image": {"url": "https://image.test/kite.png"}}
        fixtures.write_text(json.dumps({"fixtures": [{"match": {"endpoint": "image"}, "response": image}]}))
        words = [str(aimock), "-f", str(fixtures), "-h", "127.0.0.1", "--log-level", "silent", "-p"]
        found["aimock"] = partial(waited_for, words)
    return found


def measure(server: Measured, url: str, script: Path, seconds: float) -> None:
    words = ["wrk", "-t1", "-c16", f"-d{seconds:g}s", "--latency", "-s", str(script), url]
    before = server.spent()
    text = subprocess.run(on_core(1, words), capture_output=True, text=True, check=True).stdout
    assert "Non-2xx" not in text, text
    server.costs.append(1e6 * (server.spent() - before) / int(re.findall(r"([0-9]+) requests in", text)[0]))
    server.rates.append(float(re.findall(r"Requests/sec:\s+([0-9.]+)", text)[0]))
    for share, times in (("50", server.middle), ("99", server.slow)):
        number, unit = re.findall(rf"{share}%\s+([0-9.]+)(us|ms|s)", text)[0]
        times.append(float(number) * {"us": 0.001, "ms": 1, "s": 1000}[unit])


def fill(server: Measured, script: Path, tasks: int) -> None:
    """Let the mock remember so many tasks before it is measured."""
    while tasks > 0:
        before = len(server.rates)
        measure(server, f"{server.url}/apimart{PATH}", script, 5)
        tasks -= int(server.rates[before] * 5)
    for kept in (server.rates, server.middle, server.slow, server.costs):
        kept.clear()


def polled(server: Measured, work: Path, seconds: float) -> Measured:
    """The polls of one task, measured once."""
    body = b'{"model":"doubao-seedream-5-0-lite","prompt":"A kite","n":1}'
    headers = {"Authorization": "Bearer sk-bench", "Content-Type": "application/json"}
    request = urllib.request.Request(f"{server.url}/apimart{PATH}", body, headers)
    with urllib.request.urlopen(request, timeout=10) as response:
        task = json.load(response)["data"][0]["task_id"]
    script = work / "poll.lua"
    script.write_text(POLL)
    found = Measured(server.process, server.url)
    measure(found, f"{server.url}/apimart/v1/tasks/{task}", script, seconds)
    return found


def main() -> None:
    if not shutil.which("wrk"):
        sys.exit("bench/mock.py needs wrk: apt-get install wrk")
    rounds, seconds, tasks = (int(text) for text in (*sys.argv[1:], *("3", "4", "0")[len(sys.argv) - 1 :]))
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        script = work / "submit.lua"
        script.write_text(SUBMIT)
        servers = {"bare ASGI": started([sys.executable, "-c", BARE])}
        servers[MOCK] = started([*SERVE, *os.environ.get("PIXPACT_BENCH", "").split()])
        known = peers(Path(os.environ.get("PEERS", "peers")), work)
        for name in ("aimock", "openapi-backend", "Prism"):
            if name in known:
                servers[name] = known[name]()
            else:
                print(f"{name} is not installed in {os.environ.get('PEERS', 'peers')}: not measured")
        try:
            fill(servers[MOCK], script, tasks)
            for _ in range(rounds):
                for name, server in servers.items():
                    measure(server, server.url + ("/apimart" if name == MOCK else "") + PATH, script, seconds)
            report(servers, polled(servers[MOCK], work, seconds), rounds, seconds, tasks)
        finally:
            for server in servers.values():
                server.process.terminate()
                server.process.wait(20)


def report(servers: dict[str, Measured], polls: Measured, rounds: int, seconds: int, tasks: int) -> None:
    base = servers["bare ASGI"]
    lines = [f"{rounds} rounds of {seconds} s, 16 connections, one core; Python {sys.version.split()[0]}"]
    lines.append(f"the mock remembers {tasks} tasks or more before it is measured")
    lines.append(
        f"{'':18} requests/s: min, median, max   ÷ bare: min, median, max   p50 ms   p99 ms  p99÷p50"
        "   CPU µs  bare÷   RSS MB"
    )
    lines += [server.line(name, base) for name, server in servers.items()]
    lines.append(
        f"polls of the mock: {polls.rates[0]:.0f}/s, p50 {polls.middle[0]:.2f} ms, p99 {polls.slow[0]:.2f} ms, "
        f"{polls.costs[0]:.0f} µs of processor time"
    )
    print("\n".join(lines))
    results = Path(__file__).parent / "results"
    results.mkdir(exist_ok=True)
    (results / "mock.txt").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()

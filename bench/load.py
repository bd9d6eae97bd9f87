"""Requests per second and memory beside a bare ASGI application, in alternating rounds of one run.

Loopback only, bounded in time: each round is a few seconds of `wrk` (Debian package wrk). The server is kept on one
core and wrk on another where there are two. Usage: python bench/load.py [rounds] [seconds]
"""

from __future__ import annotations

import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

PATH = "/v1/images/generations"
BARE = """
import sys, uvicorn
BODY = b'{"code":200,"data":[{"status":"submitted","task_id":"task_01K8SGYNNNVBQTXNR4MM964S7K"}]}'
HEADERS = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(BODY))]
async def app(scope, receive, send):
    await receive()
    await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
    await send({"type": "http.response.body", "body": BODY})
from pixpact.mockserver.server import listen, url_of
bound = listen("127.0.0.1", 0)
print('{"url": "%s"}' % url_of(bound), flush=True)
config = uvicorn.Config(app, log_level="warning", access_log=False, lifespan="off")
uvicorn.Server(config).run(sockets=[bound])
"""
SUBMIT = """
wrk.method = "POST"
wrk.body = '{"model":"doubao-seedream-5-0-lite","prompt":"A golden retriever in a garden","size":"16:9","n":1}'
wrk.headers["Content-Type"] = "application/json"
wrk.headers["Authorization"] = "Bearer sk-bench"
"""


def on_core(core: int, words: list[str]) -> list[str]:
    pinned = shutil.which("taskset") and (os.cpu_count() or 1) > 1
    return ["taskset", "-c", str(core), *words] if pinned else words


def start(words: list[str]) -> tuple[subprocess.Popen[str], str]:
    process = subprocess.Popen(on_core(0, words), stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    return process, json.loads(process.stdout.readline())["url"]


def measure(url: str, script: str, seconds: int) -> float:
    words = ["wrk", "-t1", "-c16", f"-d{seconds}", "-s", script, url]
    text = subprocess.run(on_core(1, words), capture_output=True, text=True, check=True).stdout
    assert "Non-2xx" not in text, text
    match = re.search(r"Requests/sec:\s+([0-9.]+)", text)
    assert match, text
    return float(match[1])


def resident(process: subprocess.Popen[str]) -> float:
    """Megabytes of resident memory (Linux)."""
    status = Path(f"/proc/{process.pid}/status").read_text()
    return int(re.findall(r"VmRSS:\s+(\d+)", status)[0]) / 1024


def main() -> None:
    if not shutil.which("wrk"):
        sys.exit("bench/load.py needs wrk: apt-get install wrk")
    rounds, seconds = (int(text) for text in (*sys.argv[1:], *("5", "3")[len(sys.argv) - 1 :]))
    bare, bare_url = start([sys.executable, "-c", BARE])
    serve = [sys.executable, "-m", "pixpact", "serve", "--port", "0", "--json", "--api-key", "sk-bench=1000000000"]
    mock, mock_url = start(serve)
    before, ratios, tasks, at_ten_thousand = resident(mock), [], 0.0, None
    try:
        with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
            script.write(SUBMIT)
            script.flush()
            for _ in range(rounds):
                plain = measure(bare_url + PATH, script.name, seconds)
                full = measure(f"{mock_url}/apimart{PATH}", script.name, seconds)
                ratios.append(full / plain)
                tasks += full * seconds
                if at_ten_thousand is None and tasks >= 10_000:
                    at_ten_thousand = (tasks, resident(mock))
                print(f"bare {plain:8.0f}/s   mock {full:8.0f}/s   ratio {full / plain:.2f}")
        print(f"\nmock ÷ bare, median of {rounds} rounds: {statistics.median(ratios):.2f}")
        print(f"resident: bare {resident(bare):.0f} MB, mock {before:.0f} MB when ready")
        if at_ten_thousand:
            print(f"after {at_ten_thousand[0]:.0f} tasks: {at_ten_thousand[1]:.0f} MB")
    finally:
        for process in (bare, mock):
            process.terminate()
            process.wait(10)


if __name__ == "__main__":
    main()

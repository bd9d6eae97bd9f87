"""The container image: built by Docker where it runs, else by following the steps of the Dockerfile on this machine."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import venv
from dataclasses import dataclass, field
from pathlib import Path
from urllib.request import Request, urlopen

import pytest
import yaml

pytestmark = pytest.mark.sweep

ROOT = Path(__file__).parent.parent
COMPOSE = yaml.safe_load((ROOT / "examples" / "compose" / "compose.yaml").read_text())


def instructions():
    """(word, rest) of each instruction of the Dockerfile, continued lines joined."""
    text = re.sub(r"\\\n\s*", "", (ROOT / "Dockerfile").read_text())
    lines = [line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#")]
    return [tuple(line.split(maxsplit=1)) for line in lines]


@dataclass
class Image:
    """What the steps made: where the files are, and how a container starts."""

    folder: Path
    path: Path
    user: int = 0
    environment: dict[str, str] = field(default_factory=dict)
    entrypoint: list[str] = field(default_factory=list)
    command: list[str] = field(default_factory=list)
    health: list[str] = field(default_factory=list)


class Building:
    """Follows the instructions, one by one, below a folder that stands for the root of the image."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._stages: dict[str, Path] = {}

    def build(self) -> Image:
        for word, rest in instructions():
            getattr(self, f"_{word.lower()}")(rest)
        return self._image

    def _from(self, rest: str) -> None:
        name = rest.partition(" AS ")[2] or "last"
        stage = self._root / name
        venv.create(stage / "python", with_pip=True, symlinks=True)
        self._stages[name] = stage
        self._image = Image(stage, stage / "python" / "bin")

    def _workdir(self, rest: str) -> None:
        self._image.folder = self._image.folder / rest.lstrip("/")
        self._image.folder.mkdir(parents=True)

    def _copy(self, rest: str) -> None:
        words = rest.split()
        if words[0].startswith("--from="):
            source = self._stages[words[0].removeprefix("--from=")] / words[1].lstrip("/")
            shutil.copytree(source, self._image.folder / words[2])
        elif words == [".", "."]:
            self._copy_context()
        else:
            shutil.copy(ROOT / words[0], self._image.folder / words[1])

    def _copy_context(self) -> None:
        """What .dockerignore lets in."""
        for line in (ROOT / ".dockerignore").read_text().splitlines():
            if line.startswith("!"):
                source, target = ROOT / line[1:], self._image.folder / line[1:]
                target.parent.mkdir(parents=True, exist_ok=True)
                if source.is_dir():
                    shutil.copytree(source, target, symlinks=True, ignore=shutil.ignore_patterns("__pycache__"))
                else:
                    shutil.copy(source, target)

    def _arg(self, rest: str) -> None:
        name, _, value = rest.partition("=")
        self._image.environment[name] = value.strip('"')

    _env = _arg

    def _run(self, rest: str) -> None:
        done = subprocess.run(
            ["bash", "-euc", rest],
            cwd=self._image.folder,
            env=self.environment(self._image),
            capture_output=True,
            text=True,
            timeout=240,
            check=False,
        )
        assert 0 == done.returncode, done.stdout + done.stderr

    def _user(self, rest: str) -> None:
        self._image.user = int(rest.partition(":")[0])

    def _healthcheck(self, rest: str) -> None:
        self._image.health = json.loads(rest.partition(" CMD ")[2])

    def _entrypoint(self, rest: str) -> None:
        self._image.entrypoint = json.loads(rest)

    def _cmd(self, rest: str) -> None:
        self._image.command = json.loads(rest)

    def _expose(self, rest: str) -> None:
        assert "4747" == rest

    def _stopsignal(self, rest: str) -> None:
        assert "SIGTERM" == rest

    @staticmethod
    def environment(image: Image) -> dict[str, str]:
        kept = {name: os.environ[name] for name in ("HOME", "LANG", "TMPDIR") if name in os.environ}
        pip = {name: value for name, value in os.environ.items() if name.startswith("PIP_") or name.endswith("_proxy")}
        return kept | pip | image.environment | {"PATH": f"{image.path}:{os.environ['PATH']}"}


@pytest.fixture(scope="module")
def image():
    """The image, made step by step."""
    root = Path(tempfile.mkdtemp())
    root.chmod(0o755)  # the user of the image reads it
    yield Building(root).build()
    shutil.rmtree(root)


@pytest.fixture
def run(image):
    """Run a program as the image's user, where this machine lets that user reach its Python; else as the tests' own."""
    started = []
    rights = {"user": image.user, "group": image.user, "extra_groups": []} if os.geteuid() == 0 else {}
    try:
        subprocess.run([image.path / "python", "-c", ""], check=True, cwd="/", **rights)
    except PermissionError:
        rights = {}

    def start(words):
        process = subprocess.Popen(
            words,
            cwd=image.folder,
            env=Building.environment(image) | {"HOME": "/nonexistent", "PYTHONDONTWRITEBYTECODE": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            **rights,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def program(image, words):
    """The words with the program of the image in place of its name."""
    return [str(image.path / words[0]), *words[1:]]


def test_a_container_starts_serves_is_healthy_and_stops(image, run):
    """The command of the image, at a free port; the health check at the same; SIGTERM ends it with 0."""
    server = run(program(image, [*image.entrypoint, *image.command, "--port", "0"]))
    port = re.search(r":(\d+)$", server.stdout.readline().strip())[1]
    health = [word.replace(":4747", f":{port}") for word in image.health]
    assert 0 == run(program(image, health)).wait(timeout=20)
    body = json.dumps({"model": "doubao-seedream-5-0", "prompt": "A red kite"}).encode()
    headers = {"Authorization": "Bearer sk-any", "Content-Type": "application/json"}
    address = f"http://127.0.0.1:{port}/toapis/v1/images/generations"
    with urlopen(Request(address, body, headers), timeout=10) as response:
        assert "queued" == json.load(response)["status"]
    server.send_signal(signal.SIGTERM)

    assert 0 == server.wait(timeout=20)


def test_the_health_check_fails_where_nothing_responds(image, run):
    """It is a check that can fail."""
    health = [word.replace(":4747", ":1") for word in image.health]

    assert 0 != run(program(image, health)).wait(timeout=20)


def test_the_image_is_lean_and_has_no_rights(image):
    """Not root; no source, no wheel, nothing but what is installed."""
    assert image.user > 0
    assert {"constraints.txt"} == {path.name for path in image.folder.iterdir()}


@pytest.mark.skipif(
    subprocess.run(["sh", "-c", "docker info"], capture_output=True, check=False).returncode != 0,
    reason="no Docker daemon runs here; the steps of the Dockerfile are followed above in its place",
)
def test_docker_builds_and_runs_it():
    """The image that Docker makes responses, is healthy and is not root."""
    name = f"pixpact-test-{os.getpid()}"
    subprocess.run(["docker", "build", "--quiet", "--tag", name, str(ROOT)], check=True, timeout=600)
    try:
        words = ["docker", "run", "--rm", "--entrypoint", "python", name]
        script = "import os, pixpact; print(os.getuid(), pixpact.__version__)"
        printed = subprocess.run([*words, "-c", script], check=True, capture_output=True, text=True, timeout=60)
        assert re.fullmatch(r"10001 [\d.]+\n", printed.stdout)
    finally:
        subprocess.run(["docker", "image", "rm", "--force", name], check=False, capture_output=True)


def test_the_compose_example_fits_the_image(run, image):
    """Its command is one that the image understands, its app waits for the health check, and calls what is served."""
    mock, app = COMPOSE["services"]["pixpact"], COMPOSE["services"]["app"]
    words = ["--port" if word == "--host" else "0" if word == "0.0.0.0" else word for word in mock["command"]]
    server = run(program(image, [*image.entrypoint, *words]))
    port = re.search(r":(\d+)$", server.stdout.readline().strip())[1]
    script = app["command"][-1].replace("$$", "$")
    environment = {
        name: value.replace("pixpact:4747", f"127.0.0.1:{port}") for name, value in app["environment"].items()
    }
    done = subprocess.run(
        ["sh", "-euc", script], env={"PATH": os.environ["PATH"], **environment}, capture_output=True, timeout=20
    )

    assert {"condition": "service_healthy"} == app["depends_on"]["pixpact"]
    assert 0 == done.returncode, done.stderr
    assert "queued" == json.loads(done.stdout)["status"]


@pytest.mark.parametrize("line", re.findall(r"^docker run.*$", (ROOT / "docs/containers.md").read_text(), re.MULTILINE))
def test_commands_of_the_page_are_known(line, image):
    """Each is a command of `pixpact` with flags that it has."""
    words = shlex.split(line.partition(" pixpact ")[2]) or image.command
    shown = subprocess.run(
        [sys.executable, "-m", "pixpact", words[0], "--help"], capture_output=True, text=True, timeout=30, check=True
    )

    assert [] == [word for word in words if word.startswith("--") and word not in shown.stdout]

"""A published command, `img-cli`, unmodified: what a user types ends with files, or with the vendor's own words."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from pixpact.contracts.samples.reference_images import image
from pixpact.wire.images import read_image_facts

PATHS = {"ark": "/api/v3", "apiyi": "/v1", "openai": "/v1"}
pytestmark = pytest.mark.pixpact(*PATHS)


@pytest.fixture
def typed(pixpact_mock, tmp_path):
    """Run the command against a vendor, in a process and a home of its own."""

    def run(vendor, *words):
        environment = {
            "OPENAI_API_KEY": "sk-test",
            "OPENAI_BASE_URL": pixpact_mock.url(vendor) + PATHS[vendor],
            "HOME": str(tmp_path),
            "PYTHONIOENCODING": "utf-8",
        }
        command = [sys.executable, "-c", "from img_cli.cli import main; main()", *words, "-o", str(tmp_path / "made")]
        return subprocess.run(command, env=environment, capture_output=True, encoding="utf-8", check=False)

    return run


def shapes(folder: Path):
    found = [read_image_facts(path.read_bytes()) for path in sorted((folder / "made").glob("*"))]
    return [(it.width, it.height) for it in found]


@pytest.mark.sweep
@pytest.mark.parametrize(
    ("vendor", "words"),
    [
        ("openai", ("-s", "1536x1024")),
        ("apiyi", ("-s", "1536x1024")),
        ("ark", ("-m", "doubao-seedream-4-5-251128", "-s", "2304x1728")),
    ],
)
def test_a_prompt_ends_with_a_file(typed, tmp_path, vendor, words):
    """With the model that the command has itself, where the vendor takes it."""
    done = typed(vendor, "generate", "A kite", *words)

    assert (0, "") == (done.returncode, done.stderr)
    assert [(2304, 1728) if vendor == "ark" else (1536, 1024)] == shapes(tmp_path)


def test_a_file_is_edited(typed, tmp_path):
    """It goes up in a form, in lossless form whatever it was; two images come back."""
    (tmp_path / "kite.png").write_bytes(image("png-640x480"))
    done = typed("openai", "edit", "At night", "-i", str(tmp_path / "kite.png"), "-s", "1024x1024", "-n", "2")

    assert (0, "") == (done.returncode, done.stderr)
    assert [(1024, 1024)] * 2 == shapes(tmp_path)


def test_a_refusal_is_shown_in_the_vendors_words(typed, tmp_path):
    """And no file is there."""
    done = typed("ark", "generate", "A kite", "-m", "doubao-seedream-4-5-251128", "-s", "100x100")

    assert 1 == done.returncode
    assert "The parameter `size`" in done.stderr
    assert [] == shapes(tmp_path)

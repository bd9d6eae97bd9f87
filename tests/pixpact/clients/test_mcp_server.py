"""A published MCP server, `volcengine-ark-mcp`, unmodified: the tool that an agent calls ends with a file."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path

import pytest
from mcp import ClientSession, StdioServerParameters
from mcp.client.stdio import stdio_client

from pixpact.wire.images import read_image_facts

SERVER = ["-c", "from volcengine_ark_mcp.server import main; main()"]
pytestmark = pytest.mark.pixpact("ark")


@pytest.fixture
def generate(pixpact_mock, tmp_path):
    """Call the server's tool `generate_image` once, in a process of its own, and give its result."""
    environment = {
        "ARK_API_KEY": "sk-test",
        "ARK_BASE_URL": pixpact_mock.url("ark") + "/api/v3",
        "ARK_OUT_DIR": str(tmp_path),
        "HOME": str(tmp_path),
    }

    async def called(**arguments):
        async with (
            stdio_client(StdioServerParameters(command=sys.executable, args=SERVER, env=environment)) as streams,
            ClientSession(*streams) as session,
        ):
            await session.initialize()
            result = await session.call_tool("generate_image", arguments)
            return json.loads(result.content[0].text)

    return lambda **arguments: asyncio.run(called(prompt="A kite", **arguments))


def test_a_picture_is_saved(generate, pixpact_mock):
    """With the server's own default model; usage and request id come through."""
    found = generate()
    (file,) = found["files"]

    assert (True, None) == (found["ok"], found["error"])
    assert read_image_facts(Path(file).read_bytes()).complete
    assert 1 == found["usage"]["generated_images"]
    assert [200] == [request.status for request in pixpact_mock.requests.where(operation="createImage")]


def test_a_refusal_reaches_the_agent(generate, pixpact_mock):
    """In the vendor's words, and nothing is paid."""
    pixpact_mock.fail_next("rate-limited")
    found = generate()

    assert not found["ok"]
    assert "HTTP 429" in found["error"]
    assert [] == pixpact_mock.charges

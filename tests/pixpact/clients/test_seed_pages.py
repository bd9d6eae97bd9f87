"""The calls that the vendors' pages show, with only the host changed."""

from __future__ import annotations

import json
import subprocess

import pytest

CURLS = {
    "apimart-gpt-image-1": """curl --request POST --url https://api.apimart.ai/v1/images/generations
        --header 'Authorization: Bearer <token>' --header 'Content-Type: application/json' --data '{
        "model": "gpt-image-1-official", "prompt": "An ancient castle under a starry sky", "size": "1:1",
        "quality": "auto", "n": 1}'""",
    "apimart-seedream": """curl --request POST --url https://api.apimart.ai/v1/images/generations
        --header 'Authorization: Bearer <token>' --header 'Content-Type: application/json' --data '{
        "model": "doubao-seedream-5-0-lite",
        "prompt": "A golden retriever playing in a garden, sunny day, high-definition photography style",
        "size": "16:9", "resolution": "2K", "n": 1}'""",
    "apiyi": """curl -X POST "https://api.apiyi.com/v1/images/generations" -H "Authorization: Bearer sk-your-api-key"
        -H "Content-Type: application/json" -d '{"model": "seedream-5-0-260128",
        "prompt": "A futuristic cityscape at night with neon lights", "size": "2K", "response_format": "url",
        "watermark": false}'""",
    "toapis": """curl --request POST --url https://toapis.com/v1/images/generations
        --header 'Authorization: Bearer <token>' --header 'Content-Type: application/json' --data '{
        "model": "doubao-seedream-5-0", "prompt": "A cute panda playing in a bamboo forest", "size": "1:1", "n": 1,
        "metadata": {"resolution": "2K"}}'""",
}
HOSTS = {"apimart": "https://api.apimart.ai", "apiyi": "https://api.apiyi.com", "toapis": "https://toapis.com"}


def curl(text):
    words = ["bash", "-euo", "pipefail", "-c", " ".join(text.split()) + " --silent --show-error --fail"]
    return json.loads(subprocess.run(words, capture_output=True, text=True, timeout=60, check=True).stdout)


@pytest.mark.parametrize("name", CURLS)
def test_the_pages_curl_works_with_the_host_changed(live, name):
    """The mock's base URL in place of the vendor's."""
    vendor = name.partition("-")[0]
    response = curl(CURLS[name].replace(HOSTS[vendor], live.url(vendor)))

    assert response.get("data") or response["status"] == "queued"


@pytest.mark.parametrize("name", CURLS)
def test_the_pages_curl_works_with_the_name_resolved_to_the_mock(live, name):
    """The vendor's own host name, led to the mock: routed by the Host header."""
    vendor = name.partition("-")[0]
    host = HOSTS[vendor].removeprefix("https://")
    text = CURLS[name].replace(HOSTS[vendor], live.base_url) + f" --header 'Host: {host}'"
    response = curl(text)

    assert response.get("data") or response["status"] == "queued"


def test_the_pages_fetch_sample_works(live):
    """The Node sample: `fetch`, then the first URL."""
    script = f"""
    const resp = await fetch('{live.url("apiyi")}/v1/images/generations', {{
        method: 'POST',
        headers: {{'Content-Type': 'application/json', 'Authorization': 'Bearer sk-your-api-key'}},
        body: JSON.stringify({{
            model: 'seedream-5-0-260128',
            prompt: 'Minimalist line-art logo of a cat, monochrome, vector style',
            size: '2K', response_format: 'url', output_format: 'png', watermark: false
        }})
    }});
    const {{ data }} = await resp.json();
    const image = await fetch(data[0].url);
    await image.arrayBuffer();  // a body that nobody reads keeps the connection, and so the process
    console.log(image.status, image.headers.get('content-type'));
    """
    words = ["node", "--input-type=module", "-e", script]
    done = subprocess.run(words, capture_output=True, text=True, timeout=60, check=True)

    assert "200 image/png" == done.stdout.strip()

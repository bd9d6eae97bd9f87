"""The curl that is printed for a contract works when it is pasted, whatever the shape of its first request."""

from __future__ import annotations

import json
import subprocess

import pytest

import pixpact
from pixpact.cli.samples import sample_curl
from pixpact.specs.catalogue import SpecSource

HEAD = """openapi: 3.1.0
info: {title: It, version: '1'}
servers: [{url: 'https://it.example'}]
security: [{key: []}]
components:
  securitySchemes: {key: {type: apiKey, in: header, name: X-Key}}
paths:
  /rooms/{room}/things:
    post:
      operationId: makeThing
      parameters:
        - {name: room, in: path, required: true, schema: {type: string}, example: blue room}
        - {name: X-Version, in: header, required: true, schema: {enum: ['2026-01']}}
        - {name: mode, in: query, required: true, schema: {enum: [fast]}}
        - {name: X-Other, in: header, schema: {type: string}}
      requestBody:
        required: true
        content:
          MEDIA:
            schema:
              type: object
              required: [name, tags, count]
              properties:
                name: {type: string}
                count: {type: integer}
                tags: {type: array, minItems: 2, items: {type: string}}
            examples: {one: {value: {name: "it's me", tags: [a, b], count: 2}}}
      responses:
        '200': {description: It., content: {application/json: {schema: {}, examples: {it: {value: {made: true}}}}}}
        '400': {description: No., content: {application/json: {schema: {}, examples: {invalid-request: {value: {}}}}}}
        '401': {description: No., content: {application/json: {schema: {}, examples: {unauthenticated: {value: {}}}}}}
"""
MEDIA = ["application/json", "multipart/form-data", "application/x-www-form-urlencoded"]


@pytest.mark.parametrize("media", MEDIA)
def test_a_printed_curl_is_taken(tmp_path, media):
    """With path parameters, required headers and queries, and forms."""
    path = tmp_path / "it.yaml"
    path.write_text(HEAD.replace("MEDIA", media))
    with pixpact.mock("it", specs=tmp_path) as mock:
        command = sample_curl(SpecSource("it", path).contract(), mock.url("it"), "sk-it")
        done = subprocess.run(["bash", "-c", f"{command} --silent"], capture_output=True, text=True, check=False)

    assert {"made": True} == json.loads(done.stdout), f"{command}\n{done.stdout}{done.stderr}"
    assert "X-Other" not in command

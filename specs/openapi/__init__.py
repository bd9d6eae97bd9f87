"""Reads any OpenAPI document: YAML with line numbers, overlays, schemas, the grammar of its parts."""

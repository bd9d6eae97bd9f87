"""Turns any OpenAPI document into a draft that lints: drops what the dialect lacks, adds placeholders for the rest."""

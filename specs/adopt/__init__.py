"""Any OpenAPI document → a draft that lints: what is not of the dialect goes, what is missing gets a placeholder."""

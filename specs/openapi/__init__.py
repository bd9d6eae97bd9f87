"""Any OpenAPI document: text with line numbers, overlays, schemas, the grammar of its parts."""

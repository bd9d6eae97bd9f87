"""A served contract as a reference in the browser, and as plain OpenAPI."""

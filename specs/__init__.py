"""What a vendor promises: OpenAPI documents read, checked and compiled into frozen values."""

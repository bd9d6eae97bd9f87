"""What the vendor would answer: the mock server."""

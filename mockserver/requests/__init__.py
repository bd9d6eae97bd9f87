"""From the bytes of a request to what it does: decoding, validation, tasks, idempotency."""

"""The proxy between an app and a vendor: forwards exchanges unchanged, and judges them alongside."""

"""What stands between an app and a vendor: forwards byte for byte, and judges beside it what passes."""

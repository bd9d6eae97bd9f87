"""The control API below `/_pixpact/`."""

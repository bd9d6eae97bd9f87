"""The `pixpact` command: one module for each command, its flags, its configuration and its pages."""

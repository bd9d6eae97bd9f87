"""The `pixpact` command: one module a command, its flags and configuration, and the pages it prints."""

"""``python -m pixpact`` is the ``pixpact`` command."""

from pixpact.cli.main import main

if __name__ == "__main__":
    main()

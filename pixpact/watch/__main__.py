"""``python -m pixpact.watch`` is the step of `action.yml`."""

import os
import sys

from pixpact.watch.command import watch

if __name__ == "__main__":
    sys.exit(watch(os.environ))

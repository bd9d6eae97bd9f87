"""``python -m pixpact.watch`` runs the step of `action.yml`."""

import os
import sys

from pixpact.watch.command import run_watch

if __name__ == "__main__":
    sys.exit(run_watch(os.environ))

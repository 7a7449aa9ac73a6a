"""The one door to Aula: sets it up on first use, then hands over to the terminal commands.

    python aula.py            sets up what is missing, starts the suite, opens the browser
    python aula.py --help     everything else that can be done

This file keeps to a syntax that Pythons of every age can read, so that each of them says what is wrong instead of
showing a SyntaxError. What it does is in apps/setup/door.py.
"""

import sys

if sys.version_info < (3, 11):
    sys.exit(
        "Aula needs Python 3.11 or newer, and this is Python %d.%d. Install a newer one from "
        "https://www.python.org/downloads/ and start Aula with it." % tuple(sys.version_info[:2])
    )

from apps.setup.door import enter

if __name__ == "__main__":
    sys.exit(enter(sys.argv[1:]))

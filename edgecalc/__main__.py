"""python -m edgecalc"""

import sys

from edgecalc.cli.main import main

sys.exit(main())

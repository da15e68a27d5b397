"""A Python of its own that finds the same packages as this one."""

import os
import subprocess
import sys


def python(*arguments, timeout=120, **environment):
    """The finished process; `environment` adds to this one's, None takes away."""
    variables = {**os.environ, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p), **environment}
    variables = {name: value for name, value in variables.items() if value is not None}
    return subprocess.run([sys.executable, *arguments], env=variables, capture_output=True, text=True, timeout=timeout, check=False)


def printed(program, timeout=120, **environment):
    """What `program` prints; its error where it fails."""
    done = python("-c", program, timeout=timeout, **environment)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()

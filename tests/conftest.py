"""One hypothesis profile for all: the same examples on every machine, no clock, nothing written to disk."""

from hypothesis import HealthCheck, settings

settings.register_profile("edgecalc", derandomize=True, deadline=None, database=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("edgecalc")

"""What every test has in common: how hypothesis goes about its work."""

from hypothesis import HealthCheck, settings

# a loaded machine is slow at making examples, which says nothing about the code
settings.register_profile("foreman", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("foreman")

"""How fast Foreman is next to others, as ratios. See benchmarks/README.md."""

"""Throughput and latency, measured on the machine at hand: `make bench`. Ratios within a run count, not figures."""

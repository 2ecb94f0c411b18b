"""Runs: what was asked for, how far it is, what became of it (design.md 6, domain.md 6)."""

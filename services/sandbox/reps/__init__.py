"""Simulated sales reps and a manager: a seeded day's work from what a device holds, with all that goes wrong outdoors."""

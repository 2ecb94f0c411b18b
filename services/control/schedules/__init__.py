"""Schedules: when a run is asked for by itself."""

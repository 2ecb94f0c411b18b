"""`make demo`: from nothing to two devices in step with a sample company, and a table that proves it."""

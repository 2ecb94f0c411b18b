"""A company small enough to know by heart, for tests that follow one object from CEE's tables to a device."""

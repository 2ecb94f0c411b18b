"""What devices and the back-office app send, on `mobile.<ch>.<kind>` (domain.md 4)."""

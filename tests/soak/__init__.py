"""The import direction at full size, killed again and again: `make soak`."""

"""One file per exported kind: what its rules make of a change."""

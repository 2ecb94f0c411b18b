"""One file a kind: the rules of domain.md 4 that need nothing but the record and its channel."""

"""export.*, outcomes.* -> the channel's feed, the ledger and the due list in our database."""

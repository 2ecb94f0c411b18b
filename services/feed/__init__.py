"""export.*, outcomes.*, results.* -> the channel's feed, ledger, due list and list of uploads in our database."""

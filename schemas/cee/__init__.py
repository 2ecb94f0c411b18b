"""What CEE states on cee.<ch>.<kind>, one file per kind."""

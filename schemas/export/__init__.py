"""What a device receives on export.<ch>.<kind>, one file per kind."""

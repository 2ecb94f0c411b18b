"""A simulated phone of a sales rep: a real HTTP client with a SQLite database, as the field app would keep it."""

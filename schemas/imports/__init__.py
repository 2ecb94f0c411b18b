"""What is to be written to CEE, on `import.<ch>.<kind>`: uploads as the importer judged and normalised them."""

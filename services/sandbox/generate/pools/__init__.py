"""What the sample company's world is made of: names of people, companies, places and tools, believable and invented."""

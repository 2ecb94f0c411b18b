"""Fills the reference CEE with a sample company, a wholesaler of tools and fasteners, and lets it have working days."""

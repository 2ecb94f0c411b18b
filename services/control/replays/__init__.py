"""Sending again: to one device, to one subscriber (design.md 6)."""

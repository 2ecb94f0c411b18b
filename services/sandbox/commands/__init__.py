"""Commands about what stands in for the world around ceebus: one file a group, started by services/launch.py."""

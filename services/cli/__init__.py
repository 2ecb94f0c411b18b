"""The command line: one file a group of commands. Speaks HTTP to control; nothing is loaded that a command does not need."""

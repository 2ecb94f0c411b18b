"""cee.* -> export.*: the nine exports of the CEE manual, one handler file each."""

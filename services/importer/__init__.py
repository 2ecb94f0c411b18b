"""mobile.* -> import.*: every upload judged by itself, accepted or refused with its code."""

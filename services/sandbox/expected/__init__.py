"""What a rep's device must hold, worked out from CEE's tables and domain.md alone: the second opinion on views, bus and feed."""

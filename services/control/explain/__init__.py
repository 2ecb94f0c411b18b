"""Why has it not arrived? The way of one object, stage by stage, and the first obstacle on it."""

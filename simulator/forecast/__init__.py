"""Traffic with a past: what the hours of the week are worth where there is a pattern, and where there is none."""

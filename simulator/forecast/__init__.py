"""Traffic with a past: what the hours of the week are worth, on traffic that has a pattern and on traffic that has none."""

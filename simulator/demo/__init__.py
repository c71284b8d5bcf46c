"""`make demo`: the deployed stack on the local cloud, a component at zero copies, a trace, and what became of it."""

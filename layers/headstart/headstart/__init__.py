"""Headstart: decides early, and in the right size, how many copies a SageMaker inference component needs."""

"""Asks AWS, and only ever reads; the one exception is a test alarm that was asked for (`probe`)."""

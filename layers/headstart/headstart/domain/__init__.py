"""The rules: from what was measured to how many copies. Standard library only, no I/O and no clock."""

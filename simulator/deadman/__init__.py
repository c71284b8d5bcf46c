"""Is the controller's worst day worse than native scaling alone? Replays in which it dies, is throttled, or goes deaf."""

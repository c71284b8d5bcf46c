"""Is the controller's worst day worse than native scaling alone? It dies, is throttled, or goes deaf, in replays."""

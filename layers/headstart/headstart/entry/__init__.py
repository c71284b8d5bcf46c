"""What every handler needs: settings, events, the composition root, logging."""

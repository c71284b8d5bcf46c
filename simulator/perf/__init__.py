"""How long the built alarm function takes to its first copy-count write, against a bare handler."""

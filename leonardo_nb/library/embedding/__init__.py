"""Words inside picture files: found and put there without touching a pixel."""

"""The window's frame around the image: side, status bar, messages, hints."""

"""Training recipes: examples made with the application's own parts, fed to the networks in `models`."""

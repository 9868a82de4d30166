"""Training the background network of a task: its images are gathered into a pool and learnt from."""

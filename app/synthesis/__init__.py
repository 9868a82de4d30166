"""Images by the background network: new ones, reconstructions, and the training images nearest to one."""

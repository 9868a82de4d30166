"""The networks: one folder each, with network, training, card and weights. Nothing here knows `app`."""

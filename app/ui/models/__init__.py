"""The workspace *Models*: the networks that know where a lesion may go, their scores, and training them."""

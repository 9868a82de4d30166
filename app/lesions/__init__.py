"""Lesions: the library of lesion models, what draws them, and how a new one is learnt from an image."""

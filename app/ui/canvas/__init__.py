"""The canvas: the image, what lies over it, and the hand that works on it."""

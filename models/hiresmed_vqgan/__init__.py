"""HiResMed-VQGAN: images as codes, images from codes, new images from a prior over codes (method.md §1)."""

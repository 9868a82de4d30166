"""Where lesions occur: a one-stage detector of places, trained on images without their lesions (Eq. 14)."""

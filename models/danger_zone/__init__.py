"""The danger zone: a U-Net that segments the structures in which a lesion would be implausible (Eq. 15)."""

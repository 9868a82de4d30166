"""How good generated and reconstructed images are (Eq. 18–22)."""

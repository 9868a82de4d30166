"""singan."""

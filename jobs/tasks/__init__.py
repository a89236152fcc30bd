"""Tasks that workers run."""

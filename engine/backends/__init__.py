"""One clip maker a file; see engine/registry.py."""

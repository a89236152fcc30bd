"""DataLoaders, one file each, made anew for every operation."""

"""What follows when consent ends, or somebody asks not to be shown."""

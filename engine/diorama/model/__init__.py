"""The flow-matching model whose latents are a scene: brief → condition → latents → tracks."""

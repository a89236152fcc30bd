"""The default backend: learned direction over a scene, painted from openly licensed art."""

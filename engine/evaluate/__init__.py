"""SceneEval: does a clip show and sound like its prompt? Judged from pixels and waveform, not from the scene."""

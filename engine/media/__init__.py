"""From drawn frames and a waveform to files: MP4, poster, animated preview, peaks, and what a finished file holds."""

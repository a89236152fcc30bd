"""What makes clips: it knows prompts, frames and waveforms, and nothing of accounts, stores or the web."""

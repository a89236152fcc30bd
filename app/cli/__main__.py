"""`python -m app.cli`: the command line without its script on the path."""

from app.cli import main

main()

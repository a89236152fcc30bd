"""The routes of the web server, one file each."""

"""What runs: settings, the web server, the worker, the command line, and the servers they need."""

"""Shared parts of the commands: options, exit statuses, the console, one run."""

"""What the commands share: options, exit statuses, the console, one run."""

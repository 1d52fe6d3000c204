"""What was paid for, and where it is."""

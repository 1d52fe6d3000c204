"""The life of one paid job."""

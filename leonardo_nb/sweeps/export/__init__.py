"""A sweep handed on: as one file, a folder, a table, a film, or a replay."""

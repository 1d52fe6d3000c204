"""Live cards and grids in the notebook, and the plain pictures that they leave behind."""

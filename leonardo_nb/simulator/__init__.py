"""
Leonardo.AI without Leonardo.AI: the same protocol, drawn pictures, no key, no cost.

Open to users: `Simulator` in process, `serve` and `serve_in_thread` on a port.
"""

from leonardo_nb.simulator.app import Simulator
from leonardo_nb.simulator.server import serve, serve_in_thread

__all__ = ["Simulator", "serve", "serve_in_thread"]

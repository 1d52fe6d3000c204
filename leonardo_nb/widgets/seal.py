"""
Lets a page hand over a secret in a message that does not show it.

Messages are kept by others: kernels at log level DEBUG, recordings of a browser, proxies. A
Diffie-Hellman exchange gives page and kernel a number that no message has, and the secret travels
mixed with it. This keeps it out of what is written down. It does not replace https between browser
and server: who can change messages on their way can also answer in the kernel's place.
"""

from __future__ import annotations

import secrets
from typing import Final

__all__ = ["PRIME", "Seal"]

PRIME: Final = int(
    "FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74020BBEA63B139B22514A08798E3404DD"
    "EF9519B3CD3A431B302B0A6DF25F14374FE1356D6D51C245E485B576625E7EC6F44C42E9A637ED6B0BFF5CB6F406B7ED"
    "EE386BFB5A899FA5AE9F24117C4B1FE649286651ECE45B3DC2007CB8A163BF0598DA48361C55D39A69163FA8FD24CF5F"
    "83655D23DCA3AD961C62F356208552BB9ED529077096966D670C354E4ABC9804F1746C08CA18217C32905E462E36CE3B"
    "E39E772C180E86039B2783A2EC07A28FB5C55DF06F4C52C9DE2BCBF6955817183995497CEA956AE515D2261898FA0510"
    "15728E5A8AACAA68FFFFFFFFFFFFFFFF",
    16,
)
"""The 2048-bit group of RFC 3526, section 3; its generator is 2."""
SIZE_BYTES: Final = 256
LONGEST_BYTES: Final = 200
"""A key has 36 characters; what is longer than this is none."""


class Seal:
    """One exchange, good for one secret."""

    def __init__(self) -> None:
        self._private = secrets.randbits(256) | 1 << 255
        self.public = f"{pow(2, self._private, PRIME):x}"

    def __repr__(self) -> str:
        return "<Seal>"

    def opened(self, public: object, sealed: object) -> str:
        """
        Return the text that the page has sealed.

        Args:
            public: The page's half, in hexadecimal.
            sealed: The text's bytes, mixed with the end of the common number, in hexadecimal.

        Raises:
            ValueError: These are no such numbers.
        """
        theirs, mixed = int(str(public), 16), bytes.fromhex(str(sealed))
        if not 1 < theirs < PRIME - 1 or len(mixed) > LONGEST_BYTES:
            raise ValueError("This was not sealed by the page.")
        common = pow(theirs, self._private, PRIME).to_bytes(SIZE_BYTES, "big")
        pad = common[SIZE_BYTES - len(mixed) :]
        return bytes(a ^ b for a, b in zip(mixed, pad, strict=True)).decode()

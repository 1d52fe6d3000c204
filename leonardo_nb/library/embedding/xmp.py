"""
The XMP packet that says by what a picture was made, or one that is there with that in it.

Source: XMP part 1; IPTC Photo Metadata 2025.1; the digital source types of IPTC's NewsCodes.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final
from xml.sax.saxutils import escape

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["TRAINED", "is_bound", "merged", "of_trained", "packet"]

TRAINED: Final = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
"""The digital source type of media made by a trained model."""

_SPACES: Final = {
    "Iptc4xmpExt": "http://iptc.org/std/Iptc4xmpExt/2008-02-29/",
    "xmp": "http://ns.adobe.com/xap/1.0/",
    "dc": "http://purl.org/dc/elements/1.1/",
}
_RDF_END: Final = b"</rdf:RDF>"
_HEAD: Final = '<rdf:Description rdf:about="" {}>'.format(
    " ".join(f'xmlns:{prefix}="{address}"' for prefix, address in _SPACES.items())
)
_OWN: Final = re.compile(re.escape(_HEAD.encode()) + b".*?</rdf:Description>\n?", re.DOTALL)
"""What we said before, known by its head."""
_NOT_XML: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML cannot say in any spelling."""


def packet(properties: Mapping[str, str]) -> bytes:
    """
    Return a packet that says *properties*, by their names with the usual prefixes.

    `dc:description` and `dc:title` are texts in a language, as they have to be; the rest is plain.
    """
    return (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>\n'
        '<x:xmpmeta xmlns:x="adobe:ns:meta/">\n'
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">\n'
        f"{_description(properties.items())}"
        '</rdf:RDF>\n</x:xmpmeta>\n<?xpacket end="w"?>'
    ).encode()


def of_trained(tool: str) -> bytes:
    """Return the packet of what *tool* makes of pictures that were made by a trained model."""
    return packet({"Iptc4xmpExt:DigitalSourceType": TRAINED, "xmp:CreatorTool": tool})


def merged(there: bytes, properties: Mapping[str, str]) -> bytes | None:
    """
    Return the packet *there* with those *properties* that it does not say yet.

    What stands in it stays; what we said before is said anew. None where it is not written in a
    way that can be added to.
    """
    bare = _OWN.sub(b"", there)
    before, mark, after = bare.rpartition(_RDF_END)
    if not mark:
        return None
    missing = [(name, value) for name, value in properties.items() if name.encode() not in bare]
    return before + _description(missing).encode() + mark + after


def is_bound(there: bytes) -> bool:
    """Whether the packet names a C2PA manifest elsewhere, which holds for the file as it is."""
    return b"dcterms:provenance" in there


def _description(properties: Iterable[tuple[str, str]]) -> str:
    rows = [_property(name, _NOT_XML.sub("\ufffd", value)) for name, value in properties]
    return "\n".join([_HEAD, *rows, "</rdf:Description>\n"]) if rows else ""


def _property(name: str, value: str) -> str:
    text = escape(value)
    if name in {"dc:description", "dc:title"}:
        text = f'<rdf:Alt><rdf:li xml:lang="x-default">{text}</rdf:li></rdf:Alt>'
    return f"<{name}>{text}</{name}>"

"""
Signing copies of pictures with a certificate of the user's, as C2PA Content Credentials.

On its own because it needs a package that few have (`pip install "leonardo_nb[c2pa]"`), and a
private key, which is read when something is signed and kept nowhere.
"""

from __future__ import annotations

import io
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, get_args

from leonardo_nb.errors import InvalidRequest
from leonardo_nb.library.provenance import Embedded, Provenance, embed, found_in

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Algorithm", "Signatory", "signed"]

Algorithm = Literal["es256", "es384", "es512", "ps256", "ps384", "ps512", "ed25519"]
ALGORITHMS: Final[tuple[str, ...]] = get_args(Algorithm)


@dataclass(frozen=True, slots=True)
class Signatory:
    """
    Who signs.

    Attributes:
        certificate: A PEM file with the certificate and those that it stands on, that of the root
            left out.
        key: A PEM file with its private key; it is read for each picture and never kept.
        algorithm: What the key is for.
        timestamps: The address of a service that attests the time, such as
            `"http://timestamp.digicert.com"`; it is asked over the network. None asks nobody.
    """

    certificate: Path
    key: Path
    algorithm: Algorithm = "es256"
    timestamps: str | None = None


def signed(data: bytes, what: Provenance, by: Signatory) -> Embedded:
    """
    Return a copy of the picture *data* that says *what*, and is signed as made by a trained model.

    A picture with a manifest already is returned as it is, with a file to lie beside it, as `embed`
    does: it is signed by whoever made it.

    Args:
        data: The bytes of a JPEG, PNG or WebP.
        what: What is known of it; it is put in before it is signed, so the signature holds for it.
        by: Whose signature it is.

    Raises:
        ImportError: c2pa-python is not installed.
        InvalidRequest: The certificate or the key cannot be read, or they cannot be signed with.

    Source: C2PA 2.1, action `c2pa.created` with the digital source type of trained media.
    """
    try:
        import c2pa
    except ImportError as error:
        raise ImportError(
            'Signing pictures needs c2pa-python: pip install "leonardo_nb[c2pa]". Nothing was '
            "written."
        ) from error
    embedded = embed(data, what)
    if embedded.sidecar is not None:
        return embedded
    name, _, version = str(what.as_json()["software"]).partition(" ")
    manifest = {
        "claim_generator_info": [{"name": name, "version": version}],
        "title": what.model or "picture",
        "assertions": [],
    }
    certificate, key = _pem(by.certificate, "certificate"), _pem(by.key, "key")
    if by.algorithm not in ALGORITHMS:
        raise InvalidRequest(
            f"algorithm={by.algorithm!r} is none of {', '.join(ALGORITHMS)}.",
            member="algorithm",
            value=by.algorithm,
            nearest="es256",
        )
    whole = io.BytesIO()
    try:
        info = c2pa.C2paSignerInfo(by.algorithm, certificate, key, by.timestamps)
        with c2pa.Signer.from_info(info) as signer, c2pa.Builder(json.dumps(manifest)) as builder:
            builder.set_intent(
                c2pa.C2paBuilderIntent.CREATE,
                c2pa.C2paDigitalSourceType.TRAINED_ALGORITHMIC_MEDIA,
            )
            media_type = found_in(embedded.data).media_type
            builder.sign(signer, media_type, io.BytesIO(embedded.data), whole)
    except (c2pa.C2paError, ValueError) as error:
        raise InvalidRequest(
            f"{by.certificate.name} cannot be signed with ({_first_line(error)}). C2PA wants a "
            "chain of certificates whose first is no root and is meant for signing documents or "
            "e-mail. Nothing was written.",
            member="certificate",
            value=str(by.certificate),
        ) from error
    return Embedded(whole.getvalue())


def _pem(path: Path, member: str) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise InvalidRequest(
            f"The {member} in {path} cannot be read ({error.strerror}). Nothing was written.",
            member=member,
            value=str(path),
        ) from error


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0][:200]

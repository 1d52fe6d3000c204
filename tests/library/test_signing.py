from __future__ import annotations

import datetime as dt
import io
import json
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image as Pillow

from leonardo_nb.errors import InvalidRequest
from leonardo_nb.library.provenance import Provenance, embed, read
from leonardo_nb.library.signing import Signatory, signed

if TYPE_CHECKING:
    from pathlib import Path

c2pa: Any = pytest.importorskip("c2pa", reason="needs the extra `c2pa`")
x509: Any = pytest.importorskip("cryptography.x509", reason="needs cryptography to make one")
WHAT = Provenance({"prompt": "a fox", "seed": 42}, model="Phoenix 1.0")


def drawn(kind: str) -> bytes:
    """Return a picture."""
    buffer = io.BytesIO()
    Pillow.linear_gradient("L").resize((64, 48)).convert("RGB").save(buffer, kind)
    return buffer.getvalue()


@pytest.fixture(scope="module")
def signatory(tmp_path_factory: pytest.TempPathFactory) -> Signatory:
    """A certificate of our own, on a root of our own."""
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    folder = tmp_path_factory.mktemp("certificates")
    now = dt.datetime.now(dt.UTC)
    keys = [ec.generate_private_key(ec.SECP256R1()) for _ in range(2)]
    names = [
        x509.Name(
            [
                x509.NameAttribute(x509.NameOID.COMMON_NAME, name),
                x509.NameAttribute(x509.NameOID.ORGANIZATION_NAME, "Foxes"),
            ]
        )
        for name in ("Our root", "Our signer")
    ]
    root_id = x509.SubjectKeyIdentifier.from_public_key(keys[0].public_key())
    signer = (
        x509.CertificateBuilder()
        .subject_name(names[1])
        .issuer_name(names[0])
        .public_key(keys[1].public_key())
        .serial_number(2)
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=30))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(
            x509.KeyUsage(*([True] + [False] * 8)),
            critical=True,
        )
        .add_extension(
            x509.ExtendedKeyUsage([x509.ExtendedKeyUsageOID.EMAIL_PROTECTION]), critical=False
        )
        .add_extension(
            x509.SubjectKeyIdentifier.from_public_key(keys[1].public_key()), critical=False
        )
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(root_id),
            critical=False,
        )
        .sign(keys[0], hashes.SHA256())
    )
    certificate, key = folder / "chain.pem", folder / "key.pem"
    certificate.write_bytes(signer.public_bytes(serialization.Encoding.PEM))
    key.write_bytes(
        keys[1].private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return Signatory(certificate, key)


def manifest_of(data: bytes, media_type: str) -> dict[str, Any]:
    """Return what the manifest in *data* says, as its own reader reads it."""
    with c2pa.Reader(media_type, io.BytesIO(data)) as reader:
        found = json.loads(reader.json())
    assert isinstance(found, dict)
    return found


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_signed_copies_say_by_what_they_were_made(kind: str, signatory: Signatory) -> None:
    """The manifest says trained media and holds for the file, and our own words are in it too."""
    made = signed(drawn(kind), WHAT, signatory)

    found = manifest_of(made.data, f"image/{kind.lower()}")
    known = read(made.data)

    assert "trainedAlgorithmicMedia" in json.dumps(found)
    assert "assertion.dataHash.match" in json.dumps(found)
    assert "mismatch" not in json.dumps(found).lower()
    assert known is not None
    assert WHAT.request == known.request
    assert (64, 48) == Pillow.open(io.BytesIO(made.data)).size


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_what_is_signed_stays_as_it_is(kind: str, signatory: Signatory) -> None:
    """A manifest that is there is not touched: the rest goes to a file beside the picture."""
    first = signed(drawn(kind), WHAT, signatory).data

    for again in (embed(first, WHAT), signed(first, WHAT, signatory)):
        assert first == again.data
        assert again.sidecar is not None


def test_a_change_is_noticed(signatory: Signatory) -> None:
    """Were something put in after signing, the manifest would not match: so nothing is."""
    data = signed(drawn("PNG"), WHAT, signatory).data
    changed = data.replace(b"a fox", b"a hen", 1)

    assert "mismatch" in json.dumps(manifest_of(changed, "image/png")).lower()


def test_keys_that_do_not_fit_are_said(signatory: Signatory, tmp_path: Path) -> None:
    """A file that is no key, or is not there, is one error that does not repeat it."""
    bad = tmp_path / "bad.pem"
    bad.write_text("-----BEGIN PRIVATE KEY-----\nsecret\n-----END PRIVATE KEY-----\n")

    for key in (bad, tmp_path / "none.pem"):
        with pytest.raises(InvalidRequest) as raised:
            signed(drawn("PNG"), WHAT, Signatory(signatory.certificate, key))
        assert "secret" not in str(raised.value)

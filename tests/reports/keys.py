"""Keys and certificates made for tests: an authority, and who signs by its word."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    pkcs12,
)
from cryptography.x509.oid import NameOID
from msgspec import Struct
from msgspec.structs import replace

from auditdash.settings import Settings

PASSPHRASE = "a passphrase of tests"


class Authority(Struct, frozen=True):
    """Vouches for who signs; `pem` is its certificate."""

    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate

    def write_pem(self, path: Path) -> Path:
        """Its certificate, as somebody hands it over."""
        path.write_bytes(self.certificate.public_bytes(Encoding.PEM))
        return path


def make_authority(name: str = "Tests Authority") -> Authority:
    """A new one, that nobody knows."""
    key = ec.generate_private_key(ec.SECP256R1())
    builder = _builder(name, name, key, timedelta(days=-30), timedelta(days=3650))
    constraint = x509.BasicConstraints(ca=True, path_length=0)
    return Authority(
        key, builder.add_extension(constraint, critical=True).sign(key, hashes.SHA256())
    )


def write_key(
    folder: Path,
    authority: Authority,
    name: str = "Acme Compliance",
    *,
    begins: timedelta = timedelta(days=-10),
    ends: timedelta = timedelta(days=365),
) -> tuple[Path, Path]:
    """A PKCS#12 file and the file of its passphrase."""
    key = ec.generate_private_key(ec.SECP256R1())
    issuer = authority.certificate.subject.rfc4514_string().removeprefix("CN=")
    usage = x509.KeyUsage(
        digital_signature=True,
        content_commitment=True,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=False,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )
    certificate = (
        _builder(name, issuer, key, begins, ends)
        .add_extension(usage, critical=True)
        .sign(authority.key, hashes.SHA256())
    )
    p12, passphrase = folder / "key.p12", folder / "passphrase"
    p12.write_bytes(
        pkcs12.serialize_key_and_certificates(
            b"tests", key, certificate, None, BestAvailableEncryption(PASSPHRASE.encode())
        )
    )
    passphrase.write_text(PASSPHRASE + "\n", encoding="utf-8")
    return p12, passphrase


def signing(settings: Settings, key: tuple[Path, Path]) -> Settings:
    """The settings with this key."""
    return replace(settings, sign_p12=key[0], sign_passphrase_file=key[1])


def _builder(
    name: str, issuer: str, key: ec.EllipticCurvePrivateKey, begins: timedelta, ends: timedelta
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer)]))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + begins)
        .not_valid_after(now + ends)
    )

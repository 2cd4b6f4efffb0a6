"""Who signed a file, whether all of it is covered, and whether the certificate is trusted.

pyHanko calls a file covered when sizes add up, and a signature good while bytes follow its end: so
the range is compared with the file here, byte by byte.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import BinaryIO, Final

from asn1crypto import x509
from cryptography import x509 as pyca
from pyhanko.keys.internal import translate_pyca_cryptography_cert_to_asn1
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import EmbeddedPdfSignature, validate_pdf_signature
from pyhanko.sign.validation.status import PdfSignatureStatus, SignatureCoverageLevel
from pyhanko_certvalidator import ValidationContext

from auditdash.events.wording import printable
from auditdash.reports.signing.findings import Finding, ok, unproven, wrong

UNSIGNED: Final = (
    "Not signed. An unsigned report cannot prove who made it, nor that it is as it was made: "
    "whoever can change the file can change its pages, its attachments and the hashes in its "
    "manifest together."
)


def parse_certificates(data: bytes) -> list[x509.Certificate]:
    """The certificates of a PEM or DER file; ValueError when it holds none."""
    loaded = (
        pyca.load_pem_x509_certificates(data)
        if b"-----BEGIN" in data
        else [pyca.load_der_x509_certificate(data)]
    )
    found = [translate_pyca_cryptography_cert_to_asn1(each) for each in loaded]
    if not found:
        raise ValueError("it holds no certificate")
    return found


def check_signature(
    reader: PdfFileReader, file: BinaryIO, trusted: Sequence[x509.Certificate], now: datetime
) -> list[Finding]:
    """What can be said about each signature; a file without one is unproven."""
    signatures = reader.embedded_signatures
    if not signatures:
        return [unproven(UNSIGNED)]
    return [finding for each in signatures for finding in _check(each, file, trusted, now)]


def _check(
    signature: EmbeddedPdfSignature,
    file: BinaryIO,
    trusted: Sequence[x509.Certificate],
    now: datetime,
) -> list[Finding]:
    context = ValidationContext(
        trust_roots=list(trusted), allow_fetching=False, moment=now, revocation_mode="soft-fail"
    )
    status = validate_pdf_signature(signature, context, skip_diff=True)
    return [
        _intact(signature, status),
        _covered(signature, status, file),
        _trusted(signature.signer_cert, status, trusted, now),
    ]


def _intact(signature: EmbeddedPdfSignature, status: PdfSignatureStatus) -> Finding:
    who = name_of(signature.signer_cert)
    if not (status.intact and status.valid):
        return wrong(f"Signature: broken. What {who} signed was changed afterwards.")
    moment = signature.self_reported_timestamp
    when = f"{moment:%Y-%m-%d %H:%M:%S %Z}" if moment else "at a time that it does not tell"
    return ok(f"Signed by {who}, {when} by the clock of whoever signed.")


def _covered(
    signature: EmbeddedPdfSignature, status: PdfSignatureStatus, file: BinaryIO
) -> Finding:
    size = file.seek(0, 2)
    ranges = [int(each) for each in signature.byte_range]
    begin, first, second, rest = ranges if len(ranges) == 4 else (-1, 0, 0, 0)
    if begin == 0 and first <= second and second + rest < size:
        return wrong(
            f"Whole file covered: no. {size - second - rest:,} bytes were added after the "
            "signature, and may change what the pages and the attachments say."
        )
    file.seek(first)
    between = file.read(max(second - first, 0))
    content = signature.pkcs7_content
    written = b"<" + content.hex().upper().encode("ascii") + b">"
    whole = (begin, second + rest) == (0, size) and between.upper() == written
    if not whole or status.coverage is not SignatureCoverageLevel.ENTIRE_FILE:
        return wrong("Whole file covered: no. Some of its bytes are outside of the signature.")
    if between != written or content[_length(content) :].strip(b"\0"):
        return wrong("Whole file covered: no. The place of the signature itself was written to.")
    return ok("Whole file covered: yes, and nothing was added after the signature.")


def _length(content: bytes) -> int:
    """Bytes of the DER value at the start of the place that was kept for it."""
    count = content[1] & 0x7F if content[1] & 0x80 else 0
    return 2 + (int.from_bytes(content[2 : 2 + count], "big") + count if count else content[1])


def _trusted(
    certificate: x509.Certificate,
    status: PdfSignatureStatus,
    trusted: Sequence[x509.Certificate],
    now: datetime,
) -> Finding:
    begins, ends = certificate.not_valid_before, certificate.not_valid_after
    issuer = printable(certificate.issuer.human_friendly)[:200]
    about = f"issued by {issuer}, valid from {begins:%Y-%m-%d} to {ends:%Y-%m-%d}"
    if not begins <= now <= ends:
        return unproven(
            f"Certificate trusted: no, it is not valid today ({about}). Without a time stamp of "
            "somebody else nobody can tell whether the report was signed while it was."
        )
    if status.trusted:
        return ok(f"Certificate trusted: yes ({about}).")
    if not trusted:
        return unproven(
            f"Certificate trusted: not told ({about}). Anybody can make a certificate with any "
            "name: get the authority's from whoever runs auditdash, and name it with --trust."
        )
    return unproven(f"Certificate trusted: no, none of --trust vouches for it ({about}).")


def name_of(certificate: x509.Certificate) -> str:
    """Whom a certificate names, printable."""
    return printable(certificate.subject.human_friendly)[:200]

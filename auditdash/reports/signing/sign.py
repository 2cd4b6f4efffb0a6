"""Signs a finished PDF in place: PAdES B-B, invisible, over the whole file."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.fields import SigSeedSubFilter
from pyhanko.sign.signers import PdfSignatureMetadata, PdfSigner, SimpleSigner

from auditdash.reports.signing.key import Key

FIELD: Final = "auditdash"
_REASON: Final = "Report as it was made by auditdash"


def sign_in_place(path: Path, key: Key, field: str = FIELD) -> None:
    """Add the signature to the end of the file and sync it to disk.

    The time that it tells is this machine's clock.
    """
    signer = SimpleSigner.load_pkcs12_data(
        key.packed, other_certs=[], passphrase=key.passphrase or None
    )
    metadata = PdfSignatureMetadata(
        field_name=field, md_algorithm="sha256", subfilter=SigSeedSubFilter.PADES, reason=_REASON
    )
    with path.open("r+b") as file:
        writer = IncrementalPdfFileWriter(file)
        PdfSigner(metadata, signer=signer).sign_pdf(writer, in_place=True)
        file.flush()
        os.fsync(file.fileno())

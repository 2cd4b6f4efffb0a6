"""HTML to a PDF that is PDF/A-3a and PDF/UA-1 at once. The only import of WeasyPrint.

Same job, same bytes: the identifier, both dates and the dates of the attachments come from the job,
and the child process sets SOURCE_DATE_EPOCH for the fonts.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pydyf
from weasyprint import HTML, Document
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import FatalURLFetchingError, URLFetcher, URLFetcherResponse

from auditdash.events.instants import to_datetime
from auditdash.reports.longtables.drawing import Pen
from auditdash.reports.longtables.fill import fill
from auditdash.reports.printing.embedded import Packed, Piece, Sink, pack
from auditdash.reports.printing.process import Attachment, Job, RenderError

_VARIANT = "pdf/a-3a"
_LOGO = "report:logo"
_PDF_DATE = "D:%Y%m%d%H%M%SZ"

# Without the schema's description PDF/A would not allow the PDF/UA identifier.
_UA_IDENTIFIER = b"""
<rdf:Description rdf:about="" xmlns:pdfaExtension="http://www.aiim.org/pdfa/ns/extension/"
 xmlns:pdfaSchema="http://www.aiim.org/pdfa/ns/schema#"
 xmlns:pdfaProperty="http://www.aiim.org/pdfa/ns/property#">
<pdfaExtension:schemas><rdf:Bag><rdf:li rdf:parseType="Resource">
<pdfaSchema:schema>PDF/UA identification schema</pdfaSchema:schema>
<pdfaSchema:namespaceURI>http://www.aiim.org/pdfua/ns/id/</pdfaSchema:namespaceURI>
<pdfaSchema:prefix>pdfuaid</pdfaSchema:prefix>
<pdfaSchema:property><rdf:Seq><rdf:li rdf:parseType="Resource">
<pdfaProperty:name>part</pdfaProperty:name>
<pdfaProperty:valueType>Integer</pdfaProperty:valueType>
<pdfaProperty:category>internal</pdfaProperty:category>
<pdfaProperty:description>Part of ISO 14289 that the file follows</pdfaProperty:description>
</rdf:li></rdf:Seq></pdfaSchema:property>
</rdf:li></rdf:Bag></pdfaExtension:schemas></rdf:Description>
<rdf:Description rdf:about="" xmlns:pdfuaid="http://www.aiim.org/pdfua/ns/id/">
<pdfuaid:part>1</pdfuaid:part></rdf:Description>
</rdf:RDF>"""


class OwnLogo(URLFetcher):
    """Fetches the logo that was chosen, and stops the rendering at any other address."""

    def __init__(self, logo: str) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # WeasyPrint has no types
        self._logo = logo
        self.refused = ""

    def fetch(self, url: str, headers: dict[str, str] | None = None) -> URLFetcherResponse:
        """The logo; everything else is refused, whatever it is."""
        if url == _LOGO and self._logo:
            png = Path(self._logo).read_bytes()
            return URLFetcherResponse(url, png, {"Content-Type": "image/png"})
        self.refused = self.refused or url[:200]
        raise FatalURLFetchingError(f"refused to fetch {url[:200]!r}")


class Embedded(pydyf.Stream):
    """A stream whose content is a packed file."""

    def __init__(self, packed: Packed, extra: dict[str, Any]) -> None:
        told = {**extra, "Length": packed.length, "Filter": "/FlateDecode"}
        super().__init__([], told)  # type: ignore[no-untyped-call]  # pydyf has no types
        self._packed = packed

    @property
    def data(self) -> bytes:
        """All but the content, whose checksum it has: what the id of the PDF is made from."""
        return bytes(pydyf.Dictionary(self.extra).data)

    @property
    def indirect(self) -> Piece:
        """The whole object, for Sink.write."""
        number = f"{self.number} {self.generation} obj\n".encode()
        return Piece(b"%b%b\nstream\n" % (number, self.data), self._packed, b"\nendstream\nendobj")


def render_pdf(job: Job, tell: Callable[[str], None]) -> int:
    """Write the PDF of a job to its target, synced to disk, and answer its number of pages.

    A page that refers to anything but its logo is a RenderError.
    """
    fetcher = OwnLogo(job.logo)
    part = Path(f"{job.target}.part")
    pages = 0
    with _progress(tell), suppress(FatalURLFetchingError):  # WeasyPrint itself does, in an SVG
        pages = _write(job, part, fetcher, tell)
    if fetcher.refused:
        raise RenderError(
            f"The page of this report asked for {fetcher.refused!r}: refused to fetch."
        )
    part.rename(job.target)
    return pages


def _write(job: Job, part: Path, fetcher: OwnLogo, tell: Callable[[str], None]) -> int:
    fonts = FontConfiguration()
    text = Path(job.html).read_text(encoding="utf-8")
    text, tables, voices = fill(text, job.tables, job.text_area, fonts, tell)
    page = HTML(string=text, url_fetcher=fetcher)
    document = page.render(pdf_variant=_VARIANT, font_config=fonts)
    pen = Pen(document, tables, voices) if voices is not None else None
    tell(f"Writing {len(document.pages)} pages")
    with part.open("wb") as file:
        document.write_pdf(
            Sink(file),
            finisher=_finisher(job, pen),
            pdf_variant=_VARIANT,
            pdf_identifier=job.identifier.encode("ascii"),
        )
        file.flush()
        os.fsync(file.fileno())
    return len(document.pages)


@contextmanager
def _progress(tell: Callable[[str], None]) -> Iterator[None]:
    logger = logging.getLogger("weasyprint.progress")
    logger.setLevel(logging.INFO)
    handler = _Progress(tell)
    logger.addHandler(handler)
    try:
        yield
    finally:
        logger.removeHandler(handler)


class _Progress(logging.Handler):
    """Passes WeasyPrint's own notes of its steps on, in words for people."""

    def __init__(self, tell: Callable[[str], None]) -> None:
        super().__init__()
        self._tell = tell

    def emit(self, record: logging.LogRecord) -> None:
        """Page numbers are the one step that takes long enough to be worth telling."""
        step, _, page = record.getMessage().partition("Page ")
        if "Step 5" in step and page.isdigit():
            self._tell(f"Laying out page {page}")


def _finisher(job: Job, pen: Pen | None) -> Callable[[Document, pydyf.PDF], None]:
    def finish(_document: Document, pdf: pydyf.PDF) -> None:
        if pen is not None:
            pen.add_tags(pdf)
        _add_ua_identifier(pdf)
        if job.attachments:
            _attach(pdf, job)

    return finish


def _add_ua_identifier(pdf: pydyf.PDF) -> None:
    for part in pdf.objects:
        if isinstance(part, pydyf.Stream) and part.extra.get("Type") == "/Metadata":
            part.stream = [piece.replace(b"</rdf:RDF>", _UA_IDENTIFIER) for piece in part.stream]
            part.compress = False  # PDF/A wants the metadata readable without a PDF reader


def _attach(pdf: pydyf.PDF, job: Job) -> None:
    """Embed the files ourselves: WeasyPrint would hold each one in memory."""
    names = pydyf.Array()
    files = pydyf.Array()
    for attachment in sorted(job.attachments, key=lambda each: each.name):
        specification = _embed(pdf, attachment, job)
        names.extend([pydyf.String(attachment.name), specification.reference])
        files.append(specification.reference)
    tree = pydyf.Dictionary({"Names": names})
    pdf.add_object(tree)
    pdf.catalog.setdefault("Names", pydyf.Dictionary())["EmbeddedFiles"] = tree.reference
    pdf.catalog["AF"] = files


def _embed(pdf: pydyf.PDF, attachment: Attachment, job: Job) -> pydyf.Dictionary:
    packed = pack(Path(attachment.path), Path(f"{job.target}.{attachment.name}.packed"))
    date = pydyf.String(to_datetime(job.made_at).strftime(_PDF_DATE))
    parameters = {"Size": packed.size, "CheckSum": f"<{packed.checksum}>"}
    content = Embedded(
        packed,
        {
            "Type": "/EmbeddedFile",
            "Subtype": "/" + attachment.media_type.replace("/", "#2f"),
            "Params": pydyf.Dictionary({**parameters, "CreationDate": date, "ModDate": date}),
        },
    )
    pdf.add_object(content)
    specification = pydyf.Dictionary(
        {
            "Type": "/Filespec",
            "F": pydyf.String(attachment.name),
            "UF": pydyf.String(attachment.name),
            "Desc": pydyf.String(attachment.description),
            "AFRelationship": f"/{attachment.relationship}",
            "EF": pydyf.Dictionary({"F": content.reference, "UF": content.reference}),
        }
    )
    pdf.add_object(specification)
    return specification

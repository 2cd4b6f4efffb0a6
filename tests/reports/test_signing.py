"""Signed and unsigned reports, attacked: what `auditdash report verify` says of each."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from click.testing import CliRunner
from msgspec import Struct

from auditdash.cli.main import main
from auditdash.events.instants import now, parse_instant
from auditdash.reports.attached.files import write_rows
from auditdash.reports.printing.process import Attachment, Job, render_in_child
from auditdash.reports.signing.findings import NOT_A_REPORT, UnreadableReportError
from auditdash.reports.signing.key import KeyFiles, SigningError, check_key, read_key
from auditdash.reports.signing.process import sign_file
from auditdash.reports.signing.sign import sign_in_place
from auditdash.reports.signing.verify import verify_report
from tests.reports.keys import Authority, make_authority, write_key
from tests.verapdf import judge

_PAGE = (
    '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Paper</title></head>'
    "<body><h1>Paper</h1><p>王芳, علي</p></body></html>"
)
_ROWS = b'seq,name\r\n1,"a\r\nb"\r\n2,c\r\n'


class Signed(Struct, frozen=True, kw_only=True):
    """The same report, unsigned and signed, and who vouches for the signature."""

    folder: Path
    plain: Path
    signed: Path
    authority: Authority
    trust: Path


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Signed:
    folder = tmp_path_factory.mktemp("signed")
    plain = _render(folder, _ROWS)
    authority = make_authority()
    signed = folder / "signed.pdf"
    shutil.copyfile(plain, signed)
    p12, passphrase = write_key(folder, authority)
    sign_file(signed, KeyFiles(p12=str(p12), passphrase=str(passphrase)))
    trust = authority.write_pem(folder / "ca.pem")
    return Signed(folder=folder, plain=plain, signed=signed, authority=authority, trust=trust)


def _render(folder: Path, rows: bytes) -> Path:
    """A small PDF, printed and filled as reports are."""
    html, population, manifest = (
        folder / name for name in ("a.html", "population.csv", "manifest.json")
    )
    html.write_text(_PAGE, encoding="utf-8")
    file = write_rows(population, [rows], lambda: None)
    manifest.write_text(
        '{"report": "AD-000007", "workspace": "acme", "made_at": "2026-11-23T12:00:00Z",'
        f'"population": {{"file": "population.csv", "rows": {file.rows}, "bytes": {file.size},'
        f'"sha256": "{file.sha256}"}}}}',
        encoding="utf-8",
    )
    job = Job(
        html=str(html),
        target=str(folder / "plain.pdf"),
        identifier="0123456789abcdef",
        made_at=parse_instant("2026-11-23T12:00:00Z"),
        megabytes=2048,
        attachments=tuple(
            Attachment(
                name=path.name,
                path=str(path),
                media_type="text/csv",
                description="Rows",
                relationship="Data",
            )
            for path in (population, manifest)
        ),
    )
    render_in_child(job, 600, lambda _: None)
    return Path(job.target)


def _alone(work: Callable[..., Any], *given: object) -> Any:
    """Done in a thread, as in the process that the product starts for it: pyHanko runs an event
    loop, and a browser test before in this worker has left one running."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(work, *given).result()


def _verify(file: Path, *trusted: Path) -> tuple[int, str]:
    """The exit code, and all that is said; in this process, for others take a second to start."""
    try:
        verdict = _alone(verify_report, file, map(str, trusted), datetime.now(UTC)).verdict
    except UnreadableReportError as error:
        return NOT_A_REPORT, str(error)
    return verdict.exit_code, "\n".join(finding.text for finding in verdict.findings)


def _attacked(made: Signed, attack: Callable[[bytes], bytes], name: str = "signed") -> Path:
    """The report after somebody had it in hand."""
    path = made.folder / f"attacked-{name}.pdf"
    path.write_bytes(attack((made.folder / f"{name}.pdf").read_bytes()))
    return path


def test_a_signed_report_keeps_both_standards_and_proves_itself(made: Signed) -> None:
    assert judge(made.signed, "3a", "ua1") == []
    options = ["report", "verify", str(made.signed), "--trust", str(made.trust)]
    said = CliRunner().invoke(main, options)
    assert said.exit_code == 0, said.output
    assert "AD-000007 of acme, made at 2026-11-23T12:00:00Z" in said.output
    assert "Signed by Common Name: Acme Compliance" in said.output
    assert "Whole file covered: yes" in said.output
    assert "Certificate trusted: yes" in said.output
    assert "population.csv: 2 rows, SHA-256" in said.output


def test_a_certificate_that_nobody_vouches_for_is_not_believed(
    made: Signed, tmp_path: Path
) -> None:
    other = make_authority().write_pem(tmp_path / "other.pem")
    namesake = make_authority("Tests Authority").write_pem(tmp_path / "namesake.pem")
    cases: tuple[tuple[tuple[Path, ...], str], ...] = (
        ((), "Certificate trusted: not told"),
        ((other,), "none of --trust vouches"),
        ((namesake,), "none of --trust vouches"),
    )
    for options, words in cases:
        code, said = _verify(made.signed, *options)
        assert (code, words in said) == (3, True), said


def test_an_unsigned_report_is_checked_and_says_what_it_cannot_prove(made: Signed) -> None:
    code, said = _verify(made.plain)
    assert code == 3
    assert "cannot prove who made it" in said
    assert "population.csv: 2 rows, SHA-256" in said


def _lower(content: bytes) -> bytes:
    """The same signature, written in small letters."""
    at = content.rindex(b"<308")
    return content[:at] + content[at : at + 400].lower() + content[at + 400 :]


@pytest.mark.parametrize(
    ("attack", "words"),
    [
        (lambda content: content + b"\n", "1 bytes were added after"),
        (lambda content: content + b"% more " * 400, "bytes were added"),
        (lambda content: content.replace(b"/Lang", b"/Gang", 1), "Signature: broken"),
        (lambda content: content.replace(b"00>\n", b"01>\n", 1), "was written to"),
        (_lower, "was written to"),
    ],
    ids=["newline", "comment", "byte", "padding", "signature's case"],
)
def test_bytes_that_were_added_or_changed_are_told(
    made: Signed, attack: Callable[[bytes], bytes], words: str
) -> None:
    path = _attacked(made, attack)
    assert path.read_bytes() != made.signed.read_bytes()
    code, said = _verify(path, made.trust)
    assert (code, words in said) == (1, True), said


def test_every_byte_of_a_signed_report_counts(made: Signed) -> None:
    content = made.signed.read_bytes()
    step = len(content) // 24
    itself = range(content.rindex(b"<308"), content.rindex(b"00>"))  # no signature covers itself
    for at in set(range(step // 2, len(content), step)) - set(itself):
        changed = bytearray(content)
        changed[at] ^= 1
        path = made.folder / "changed.pdf"
        path.write_bytes(changed)
        code, said = _verify(path, made.trust)
        assert code in {1, 2}, (at, said)


def test_an_incremental_update_is_told(made: Signed) -> None:
    path = made.folder / "updated.pdf"
    shutil.copyfile(made.signed, path)
    p12, passphrase = write_key(made.folder, make_authority("Somebody else"), "Mallory")
    key = read_key(KeyFiles(p12=str(p12), passphrase=str(passphrase)))
    _alone(sign_in_place, path, key, "another")
    code, said = _verify(path, made.trust)
    assert code == 1, said
    assert "bytes were added after the signature" in said
    assert "none of --trust vouches" in said


@pytest.mark.parametrize("name", ["plain", "signed"])
def test_an_attachment_that_was_swapped_is_told(made: Signed, name: str) -> None:
    path = made.folder / f"swapped-{name}.pdf"
    with pikepdf.open(made.folder / f"{name}.pdf") as pdf:
        pdf.attachments["population.csv"] = _ROWS.replace(b"c", b"d")
        pdf.attachments["more.csv"] = b"x"
        pdf.save(path)
    code, said = _verify(path, made.trust)
    assert code == 1
    assert "population.csv: SHA-256" in said
    assert "but manifest.json says" in said
    assert "more.csv: attached, but not listed" in said


def test_what_is_no_report_cannot_be_checked(made: Signed, tmp_path: Path) -> None:
    for name, content in (
        ("text", b"Hello"),
        ("empty", b""),
        ("half", made.plain.read_bytes()[:9000]),
    ):
        path = tmp_path / name
        path.write_bytes(content)
        code, said = _verify(path)
        assert code == 2, (name, said)
    with pikepdf.new() as pdf:
        pdf.save(tmp_path / "other.pdf")
    assert "no report of auditdash" in _verify(tmp_path / "other.pdf")[1]
    code, said = _verify(made.signed, made.plain)
    assert (code, "no file of certificates" in said) == (2, True)


def test_an_expired_certificate_cannot_sign_and_is_not_believed(
    made: Signed, tmp_path: Path
) -> None:
    ended = write_key(tmp_path, made.authority, begins=timedelta(days=-9), ends=timedelta(days=-1))
    key = KeyFiles(p12=str(ended[0]), passphrase=str(ended[1]))
    with pytest.raises(SigningError, match="expired on"):
        check_key(key, now())
    path = tmp_path / "old.pdf"
    shutil.copyfile(made.plain, path)
    sign_file(path, key)  # as somebody would who set the clock back
    code, said = _verify(path, made.trust)
    assert (code, "it is not valid today" in said) == (3, True), said


def test_a_key_that_cannot_be_opened_says_why_without_its_secret(
    made: Signed, tmp_path: Path
) -> None:
    p12, passphrase = write_key(tmp_path, made.authority)
    wrong = tmp_path / "wrong"
    wrong.write_text("another secret", encoding="utf-8")
    nothing = tmp_path / "nothing"
    for first, second, words in (
        (p12, wrong, "passphrase is not its own"),
        (passphrase, passphrase, "no PKCS#12 file"),
        (p12, nothing, "cannot be read"),
        (nothing, passphrase, "cannot be read"),
    ):
        with pytest.raises(SigningError, match=words) as told:
            check_key(KeyFiles(p12=str(first), passphrase=str(second)), now())
        assert "secret" not in str(told.value)

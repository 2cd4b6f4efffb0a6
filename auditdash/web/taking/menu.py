"""The menu of forms beside every table that can be taken away."""

from __future__ import annotations

from msgspec import Struct

from auditdash.downloads.files.form import FORMS

_CSV = ".csv"


class FormView(Struct, frozen=True):
    """A form in the menu."""

    title: str
    says: str
    href: str


def file_forms(csv_href: str) -> list[FormView]:
    """Each form, at the address of the CSV with another ending."""
    path, mark, arguments = csv_href.partition("?")
    stem = path.removesuffix(_CSV)
    found = [
        FormView(form.title, form.says, f"{stem}.{form.ending}{mark}{arguments}")
        for form in FORMS.values()
    ]
    more = f"{arguments}&bom=1" if arguments else "bom=1"
    found.insert(1, FormView("CSV with BOM", "for old Excel", f"{path}?{more}"))
    return found

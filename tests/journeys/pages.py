"""All addresses of the application that answer to GET. A new one belongs here, or a test fails."""

from __future__ import annotations

from typing import Final

# The addresses of each view that answers with a page, by endpoint.
PAGES: Final = {
    "timeline.show": (
        "/timeline?q=-source:auditdash",
        "/timeline?q=",
        "/timeline?q=nobody&seq=20",
        "/timeline?q=op:export%20sort:created-asc&seq=70",
    ),
    "timeline.show_event": ("/timeline/event/1", "/timeline/event/96?q=op:grant"),
    "profiles.show_actor": ("/actors", "/actors?name=peter_parker", "/actors?name=night_owl"),
    "profiles.show_entity": ("/entities", "/entities?id=af5aaf31658b", "/entities?id=report-1"),
    "why.page": (
        "/timeline/why?q=op:export",
        "/timeline/why?q=op:export%20actor:nobody&id=each-00",
        "/timeline/why?q=source:mode&id=each-00&seq=40",
        "/timeline/why?q=&id=bad-0",
    ),
    "help.show": ("/timeline/help", "/timeline/help?q=op:grant"),
    "saved.index": ("/saved",),
    "saved.new": ("/saved/new?q=op:grant", "/saved/new?q=op:"),
    "saved.show": ("/saved/1", "/saved/2", "/saved/3"),
    "saved.confirm": ("/saved/1/delete",),
    "charts.show": ("/charts?q=-source:auditdash", "/charts?q=nobody"),
    "exports.show_exports": ("/summaries/exports", "/summaries/exports?q=nobody"),
    "permissions.show_permissions": ("/summaries/permissions", "/summaries/permissions?q=nobody"),
    "access.show": ("/access", "/access?q=star&on=2025-03-01", "/access?q=nobody"),
    "access.show_one": (
        "/access/one?kind=connection&id=af5aaf31658b",
        "/access/one?kind=group&id=4f68a254168a&on=2025-03-01&time=10:00",
        "/access/one?kind=workspace",
    ),
    "access.show_differences": ("/access/differences?from=2025-01-01",),
    "access.show_contradictions": ("/access/contradictions",),
    "permission_patterns.show": (
        "/summaries/permissions/patterns",
        "/summaries/permissions/patterns?q=op:revoke",
    ),
    "permission_lasting.show": (
        "/summaries/permissions/lasting",
        "/summaries/permissions/lasting?q=&within=365&older=0",
    ),
    "permission_person.show": (
        "/summaries/permissions/person",
        "/summaries/permissions/person?q=&name=peter_parker",
    ),
    "reports.index": ("/reports",),
    "coverage.page": ("/coverage",),
    "coverage.connection_form": ("/coverage/connect",),
    "intake.page": ("/intake",),
    "intake.receipt": ("/intake/receipts/2",),
    "intake.quarantine": ("/intake/quarantine",),
    "intake.conflicts": ("/intake/conflicts",),
    "intake.unmapped": ("/intake/unmapped",),
    "settings.page": ("/settings",),
    "home.welcome": ("/welcome",),
    "home.demo": ("/welcome/demo",),
}
PUBLIC: Final = {"accounts.login": "/login", "accounts.setup": "/setup/{token}"}
# What answers with a file, or leads elsewhere.
OTHERS: Final = {
    "static",
    "home.home",
    "home.healthz",
    "coverage.state",
    "timeline.choose_period",
    "complete.complete",
    "timeline.download_record",
    "charts.download",
    "access.download",
    "downloads.events",
    "api_reading.get_events",
    "exports.download_exports",
    "permissions.download_permissions",
    "permission_patterns.download",
    "permission_lasting.download",
    "intake.download_quarantine",
    "intake.download_rejected",
    "reports.download",
}
ERRORS: Final = {
    "/nothing/here": 404,
    "/timeline/event/999999": 404,
    "/actors?name=peter_packer": 404,
    "/entities?name=Star%20Spice": 404,
    "/timeline/why?q=actr:bob&id=1": 400,
    "/timeline?q=actr:bob": 400,
    "/charts?q=(": 400,
    "/summaries/exports?q=created:yesterdy": 400,
    "/summaries/permissions?q=-": 400,
    "/access?q=ip:10.0.0.1": 400,
    "/access?on=soon": 400,
    "/access/one?kind=member&name=nobody": 404,
    "/summaries/permissions/patterns?q=-": 400,
    "/timeline?q=&after=x": 400,
    "/setup/used": 410,
    "/logout": 405,
}

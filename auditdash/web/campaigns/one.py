"""What the page of one review shows."""

from __future__ import annotations

from sqlalchemy import Connection

from auditdash.management.reviewing.decide import find_own
from auditdash.management.reviewing.reviewers import Reviewer
from auditdash.queries.access.rows import open_sight
from auditdash.queries.reviewing.proof import Proofs
from auditdash.search.scope import Clock, Scope
from auditdash.store.campaigns.lines import Which, count_by_reviewer, find_history, find_to_do
from auditdash.store.campaigns.rows import Campaign
from auditdash.web.campaigns import view
from auditdash.web.campaigns.shown import CHOICES, PATH, Page, Shown, find_page


def look(
    connection: Connection,
    scope: Scope,
    clock: Clock,
    campaign: Campaign,
    shown: Shown,
    me: Reviewer,
    *,
    may: bool,
) -> dict[str, object]:
    """Its figures and one page of its lines, as far as this reader `may` decide on them."""
    number = campaign.id
    to_do = find_to_do(connection, Which(campaign_id=number))
    outcomes = Proofs(open_sight(connection, scope), clock.now).find(to_do) if to_do else {}
    page = find_page(connection, number, shown, me.person_id, outcomes)
    own = find_own(connection, scope, campaign, page.lines, me)
    history = find_history(connection, number, [each.line for each in page.lines])
    asked = view.asked_of(campaign, clock)
    rows = [
        view.line_view(
            each,
            asked,
            outcomes.get(each.line),
            history.get(each.line, []),
            own=each.line in own,
            can_decide=may and each.person_id == me.person_id and each.line not in own,
            now=clock.now,
        )
        for each in page.lines
    ]
    counts = count_by_reviewer(connection, number)
    return {
        **_links(number, page),
        "campaign": campaign,
        "said": asked.moment.said(clock),
        "access_href": asked.href(q=campaign.query) if campaign.query else asked.href(),
        "progress": view.progress(campaign, counts, outcomes, me.person_id),
        "rows": rows,
        "roles": {each.line.object_kind: each.roles for each in rows if each.roles},
        "may_act": may,
    }


def _links(number: int, page: Page) -> dict[str, object]:
    here = page.shown
    return {
        "found": page,
        "shown": here,
        "choices": [
            (label, here.other(show=each).href(number), each) for each, label in CHOICES.items()
        ],
        "mine_href": here.other(mine=not here.mine).href(number),
        "previous": here.other(page=here.page - 1).href(number) if here.page > 1 else "",
        "following": here.other(page=here.page + 1).href(number) if page.has_more else "",
        "hrefs": {each: Shown(show=each).href(number) for each in CHOICES},
        "waiting_href": Shown(show="undecided", mine=True).href(number),
        "csv_href": f"{PATH}/{number}/lines.csv",
    }

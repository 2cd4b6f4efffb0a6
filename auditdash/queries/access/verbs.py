"""What an action says of access: typed facts from the catalogue."""

from __future__ import annotations

from typing import Final

from auditdash.events.catalogue import find_action
from auditdash.queries.permissions.numbering import MISSING
from auditdash.queries.permissions.things import GROUP, family_of

# GIVE: there was none before. CHANGE: there was some before. SET: says nothing of before.
# STATE: there is some, and was before (a line of a baseline; no action says so).
# END: there was some, and is none. CREATE and DELETE are of a thing itself.
GIVE, CHANGE, SET, STATE, END, CREATE, DELETE = range(7)
_VERBS: Final = {"grant": GIVE, "invite": GIVE, "modify": CHANGE, "revoke": END}
_LIFE: Final = {"create": CREATE, "remove": DELETE}
# What everyone has by default is always something, also "none"; and the feed does not tell when
# those left who are invited again.
_SETTING: Final = ("workspace_default_access_changed", "org_user_reinvited")


def verb_of(name: str) -> int:
    """What an event of this action says; MISSING when it is about no access."""
    action = find_action(name)
    if action is None:
        return MISSING
    if name in _SETTING:
        return SET
    if family_of(action) >= GROUP and action.op in _LIFE:
        return _LIFE[action.op]
    return _VERBS.get(action.op, MISSING) if action.permission else MISSING


def family_with_access(name: str) -> int:
    """The family of the thing that an action with a verb is about; MISSING for any other."""
    action = find_action(name)
    return family_of(action) if action is not None and verb_of(name) != MISSING else MISSING

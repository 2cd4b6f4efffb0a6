"""Who may do what in the demo workspace: invitations, groups, collections, connections, tokens.

Each function is one act of `actor` and keeps the world consistent: nothing is taken that was not
given.
"""

from __future__ import annotations

from auditdash.ingest.sources.lumenworks.world import Asset, Group, Person, Token, World

# The feed's name for adding to a connection differs from the one for a collection.
_ADDED = {"collection": "added", "connection": "added_with_role"}


def still_admin(world: World, wanted: Person) -> Person:
    """Who does what was planned for this admin: somebody else where they no longer are one."""
    stays = wanted.active and wanted.role == "admin"
    return wanted if stays else world.people["marcus_okafor"]


def invite(world: World, actor: Person, person: Person, role: str) -> None:
    """Invite somebody who was never here."""
    person.role = role
    world.record("org_user_invited", actor, person, "user invited to workspace",
                 email=person.email, role=role)  # fmt: skip


def invite_again(world: World, actor: Person, person: Person) -> None:
    """Send an invitation that was not answered once more."""
    if not person.active:
        world.record("org_user_invitation_resent", actor, person, "invitation resent",
                     email=person.email)  # fmt: skip


def reinvite(world: World, actor: Person, person: Person) -> None:
    """Invite a former member; comes back as a plain member."""
    if person.active:
        return
    person.role, person.active = "member", True
    world.record("org_user_reinvited", actor, person, "former member reinvited",
                 email=person.email, role="member")  # fmt: skip


def change_role(world: World, actor: Person, person: Person, role: str) -> None:
    """Give a member another role in the workspace."""
    if person.role == role:
        return
    person.role = role
    world.record("org_user_role_changed", actor, person, "user role changed",
                 email=person.email, role=role)  # fmt: skip


def set_default_access(world: World, actor: Person, role: str) -> None:
    """Change what every member may do in a new collection."""
    if world.default_access == role:
        return
    world.default_access = role
    world.record("workspace_default_access_changed", actor, None,
                 "default workspace access changed", role=role)  # fmt: skip


def create_group(world: World, actor: Person, name: str, *, steady: bool = False) -> Group:
    """Create an empty group."""
    group = Group(id=world.token(), name=name, steady=steady)
    world.groups.append(group)
    world.record("group_created", actor, group, "group created", **_of_group(group))
    return group


def add_to_group(world: World, actor: Person, group: Group, person: Person) -> None:
    """Add a member to a group that exists and does not have them."""
    if group not in world.groups or person in group.members:
        return
    group.members.append(person)
    world.record("group_member_added", actor, group, "member added to group",
                 **_of_group(group), **_of_person(person))  # fmt: skip


def remove_from_group(world: World, actor: Person, group: Group, person: Person) -> None:
    """Remove a member whom the group has."""
    if group not in world.groups or person not in group.members:
        return
    group.members.remove(person)
    world.record("group_member_removed", actor, group, "member removed from group",
                 **_of_group(group), **_of_person(person))  # fmt: skip


def delete_group(world: World, actor: Person, group: Group) -> None:
    """Delete a group; what it was given ends with it."""
    if group not in world.groups:
        return
    world.groups.remove(group)
    for asset in world.assets:
        asset.holders.pop(group, None)
    world.record("group_deleted", actor, group, "group deleted", **_of_group(group))


def create_asset(
    world: World, actor: Person, kind: str, name: str, *, steady: bool = False
) -> Asset:
    """Create a collection or a connection that nobody holds yet."""
    asset = Asset(kind=kind, id=world.token(), name=name, steady=steady)
    world.assets.append(asset)
    world.record(f"{kind}_created", actor, asset, f"{kind} created")
    return asset


def delete_asset(world: World, actor: Person, asset: Asset) -> None:
    """Delete a collection or a connection."""
    world.assets.remove(asset)
    world.record(f"{asset.kind}_deleted", actor, asset, f"{asset.kind} deleted")


def give(world: World, actor: Person, asset: Asset, holder: Person | Group, role: str) -> None:
    """Give a member or a group a role, or change the one it has."""
    noun, context = _of_holder(holder)
    before = asset.holders.get(holder)
    if asset not in world.assets or before == role:
        return
    asset.holders[holder] = role
    verb = _ADDED[asset.kind] if before is None else "access_changed"
    text = f"{noun} added to" if before is None else f"{noun} access changed on"
    world.record(f"{asset.kind}_{noun}_{verb}", actor, asset, f"{text} {asset.kind}",
                 **context, role=role)  # fmt: skip


def take_away(world: World, actor: Person, asset: Asset, holder: Person | Group) -> None:
    """Remove a member or a group that has a role."""
    noun, context = _of_holder(holder)
    if asset not in world.assets or holder not in asset.holders:
        return
    del asset.holders[holder]
    world.record(f"{asset.kind}_{noun}_removed", actor, asset,
                 f"{noun} removed from {asset.kind}", **context)  # fmt: skip


def create_token(world: World, actor: Person, name: str) -> Token:
    """Create a workspace token, which reads all of the workspace."""
    token = Token(world.token(), name)
    world.record("api_token_workspace_created", actor, token, "workspace token created",
                 token_id=token.id, token_name=name)  # fmt: skip
    return token


def revoke_token(world: World, actor: Person, token: Token) -> None:
    """Revoke a workspace token."""
    world.record("api_token_workspace_revoked", actor, token, "workspace token revoked",
                 token_id=token.id, token_name=token.name)  # fmt: skip


def generate_key(world: World, actor: Person, name: str) -> None:
    """A member makes an API key of their own."""
    key = Token(world.token(), name)
    actor.keys.append(key)
    world.record("api_token_member_key_generated", actor, key, "member API key generated",
                 token_id=key.id)  # fmt: skip


def revoke_key(world: World, actor: Person, owner: Person) -> None:
    """Revoke the oldest API key of a member who has one."""
    if owner.keys:
        key = owner.keys.pop(0)
        world.record("api_token_member_key_revoked", actor, key, "member API key revoked",
                     token_id=key.id, **_of_person(owner))  # fmt: skip


def offboard(world: World, actor: Person, person: Person) -> None:
    """Take everything from somebody who leaves. The feed has no removal of a member itself."""
    for group in [group for group in world.groups if person in group.members]:
        remove_from_group(world, actor, group, person)
    for asset in [asset for asset in world.assets if person in asset.holders]:
        take_away(world, actor, asset, person)
    while person.keys:
        revoke_key(world, actor, person)
    person.active = False


def _of_holder(holder: Person | Group) -> tuple[str, dict[str, str]]:
    if isinstance(holder, Group):
        return "group", _of_group(holder)
    return "member", _of_person(holder)


def _of_person(person: Person) -> dict[str, str]:
    return {"member_id": person.id, "member_username": person.username}


def _of_group(group: Group) -> dict[str, str]:
    return {"group_id": group.id, "group_name": group.name}

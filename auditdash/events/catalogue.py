"""What auditdash knows about each action: the data of actions.toml, typed and checked once."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files
from typing import Literal, TypeVar

import msgspec
from msgspec import Struct

from auditdash.events.errors import BadInput
from auditdash.events.folding import fold_case

OTHER = "other"
_T = TypeVar("_T")
Op = Literal["create", "read", "modify", "remove", "grant", "revoke", "export", "invite", "access"]
SubjectKind = Literal["member", "group", "email", "channel"]


class Category(Struct, frozen=True, forbid_unknown_fields=True):
    """One of Mode's nine categories, or `other`."""

    slug: str
    label: str


class Action(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One kind of event. `sentence` is a template for `auditdash.events.wording`."""

    name: str
    category: str
    label: str
    op: Op
    sentence: str
    sensitive: bool = False
    permission: bool = False
    subject: SubjectKind | None = None
    subject_is_entity: bool = False


class SubjectKeys(Struct, frozen=True, forbid_unknown_fields=True):
    """Where a context may name a subject of one kind, best key first."""

    missing: str
    name_keys: tuple[str, ...]
    id_keys: tuple[str, ...]
    entity_types: frozenset[str]


class Reading(Struct, frozen=True, forbid_unknown_fields=True):
    """How one way of reading auditdash is told; `asked` when a query was given."""

    sentence: str
    asked: str = ""


class Catalogue(Struct, frozen=True, kw_only=True):
    """All of actions.toml, by name, in the order of the file."""

    actions: dict[str, Action]
    categories: dict[str, Category]
    subjects: dict[str, SubjectKeys]
    readings: dict[str, Reading]
    role_keys: tuple[str, ...]
    role_orders: dict[str, tuple[tuple[str, ...], ...]]
    no_access: frozenset[str]
    unmapped_sentence: str


class _File(Struct, frozen=True, forbid_unknown_fields=True):
    unmapped_sentence: str
    role_keys: tuple[str, ...]
    category: dict[str, dict[str, object]]
    subject: dict[str, SubjectKeys]
    reading: dict[str, Reading]
    action: dict[str, dict[str, object]]
    no_access: frozenset[str] = frozenset()
    role_order: dict[str, tuple[tuple[str, ...], ...]] = {}


def parse_catalogue(text: str) -> Catalogue:
    """Read the text of an actions.toml; unknown fields and duplicates raise BadInput."""
    try:
        file = msgspec.convert(tomllib.loads(text), _File)
        catalogue = Catalogue(
            actions=_named(file.action, "name", Action),
            categories=_named(file.category, "slug", Category),
            subjects=file.subject,
            readings=file.reading,
            role_keys=file.role_keys,
            role_orders=file.role_order,
            no_access=file.no_access,
            unmapped_sentence=file.unmapped_sentence,
        )
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise BadInput(str(error), where="actions.toml") from error
    _check(catalogue)
    return catalogue


def _named(tables: Mapping[str, Mapping[str, object]], key: str, kind: type[_T]) -> dict[str, _T]:
    found: dict[str, _T] = {}
    for name, table in tables.items():
        try:
            found[name] = msgspec.convert({**table, key: name}, kind)
        except msgspec.ValidationError as error:
            raise BadInput(str(error), where=f"actions.toml, {name}") from error
    return found


def _check(catalogue: Catalogue) -> None:
    _refuse_twins("label", (action.label for action in catalogue.actions.values()))
    _refuse_twins("label", (category.label for category in catalogue.categories.values()))
    for action in catalogue.actions.values():
        if action.category not in catalogue.categories:
            raise BadInput(f"no category {action.category}", where=f"actions.toml, {action.name}")
        if action.subject is not None and action.subject not in catalogue.subjects:
            raise BadInput(f"no subject {action.subject}", where=f"actions.toml, {action.name}")
    for slug, order in catalogue.role_orders.items():
        if slug not in catalogue.categories:
            raise BadInput(f"no category {slug}", where="actions.toml, role_order")
        _refuse_twins(f"role of {slug}", (fold_case(role) for step in order for role in step))


def _refuse_twins(what: str, words: Iterable[str]) -> None:
    seen: set[str] = set()
    for word in words:
        if word in seen:
            raise BadInput(f"the {what} {word} stands twice", where="actions.toml")
        seen.add(word)


@cache
def catalogue() -> Catalogue:
    """The catalogue that ships with auditdash, read once."""
    text = files("auditdash.events").joinpath("actions.toml").read_text(encoding="utf-8")
    return parse_catalogue(text)


def find_action(name: str) -> Action | None:
    """The entry of an action, or None when it is unmapped."""
    return catalogue().actions.get(name)


@cache
def actions() -> tuple[Action, ...]:
    """Every mapped action, in the order of Mode's list."""
    return tuple(catalogue().actions.values())


@cache
def categories() -> tuple[Category, ...]:
    """The categories in the order of their colours, `other` last."""
    return tuple(catalogue().categories.values())


def category_of(action: str) -> str:
    """The slug of an action's category; `other` when it is unmapped."""
    found = find_action(action)
    return found.category if found else OTHER


@cache
def role_ranks(category: str) -> Mapping[str, int]:
    """How much each role of a category allows, by its folded name: more is a higher number. A role
    that the catalogue does not know is not among them."""
    order = catalogue().role_orders.get(category, ())
    return {
        fold_case(role): len(order) - number for number, step in enumerate(order) for role in step
    }


def highest_roles(category: str) -> tuple[str, ...]:
    """The roles of a category that allow most."""
    return next(iter(catalogue().role_orders.get(category, ())), ())


def category_label(slug: str) -> str:
    """What people call a category; the slug itself when there is no such category."""
    found = catalogue().categories.get(slug)
    return found.label if found else slug


def op_of(action: str) -> str:
    """What an action does: one of `Op`; `other` when it is unmapped."""
    found = find_action(action)
    return found.op if found else OTHER


def action_label(action: str) -> str:
    """What people call an action; its name as it came when it is unmapped."""
    found = find_action(action)
    return found.label if found else action

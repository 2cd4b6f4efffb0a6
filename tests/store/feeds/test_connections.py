"""Who may pull a feed: one puller at a time, and none for ever."""

from __future__ import annotations

import pytest
from msgspec.structs import replace
from sqlalchemy import Engine

from auditdash.events.instants import MINUTE, Instant
from auditdash.store.engine import reading, writing
from auditdash.store.feeds import connections
from auditdash.store.feeds.connections import Access, ClaimLostError, Feed
from tests.databases import add_workspace
from tests.make import NOW

LEASE = 4 * MINUTE
ACCESS = Access(
    base_url="https://app.mode.com",
    remote_workspace="acme",
    token="token",
    sealed_secret=b"sealed",
    start_at=Instant(0),
)


@pytest.fixture
def feed_id(engine: Engine, workspace_id: int) -> int:
    with writing(engine) as connection:
        return connections.save(connection, workspace_id, "mode", ACCESS, NOW)


def claim(engine: Engine, now: Instant = NOW) -> Feed | None:
    with writing(engine) as connection:
        return connections.claim_due(connection, now, LEASE)


def read(engine: Engine, workspace_id: int) -> Feed:
    with reading(engine) as connection:
        feed = connections.find(connection, workspace_id, "mode")
    assert feed
    return feed


def test_a_workspace_has_one_feed_of_a_source_and_saving_changes_it(
    engine: Engine, workspace_id: int, feed_id: int
) -> None:
    changed = replace(ACCESS, token="other", sealed_secret=b"other")
    with writing(engine) as connection:
        connections.set_paused(connection, feed_id, True, NOW)
        assert connections.save(connection, workspace_id, "mode", changed, NOW) == feed_id
    feed = read(engine, workspace_id)
    assert (feed.token, feed.sealed_secret, feed.paused) == ("other", b"other", True)
    assert feed.start_at == 0


def test_a_claimed_feed_is_not_claimed_again(engine: Engine, feed_id: int) -> None:
    claimed = claim(engine)
    assert claimed
    assert claimed.id == feed_id
    assert claim(engine) is None


def test_a_claim_ends_by_itself_after_a_crash(engine: Engine, feed_id: int) -> None:
    claim(engine)
    later = claim(engine, Instant(NOW + LEASE))
    assert later
    assert later.id == feed_id


def test_a_feed_is_claimed_when_it_is_due_and_not_before(engine: Engine, feed_id: int) -> None:
    assert claim(engine, Instant(NOW - 1)) is None
    claimed = claim(engine)
    assert claimed
    with writing(engine) as connection:
        connections.finish(connection, claimed, NOW, Instant(NOW + MINUTE), None)
    assert claim(engine) is None
    assert claim(engine, Instant(NOW + MINUTE))


def test_the_feed_that_waited_longest_comes_first(engine: Engine, feed_id: int) -> None:
    with writing(engine) as connection:
        other = add_workspace(connection, "other", "Other")
        earlier = connections.save(connection, other, "mode", ACCESS, Instant(NOW - 1))
    first, second = claim(engine), claim(engine)
    assert first
    assert second
    assert (first.id, second.id) == (earlier, feed_id)


def test_a_claim_that_was_taken_over_can_neither_be_renewed_nor_finished(
    engine: Engine, workspace_id: int, feed_id: int
) -> None:
    first = claim(engine)
    assert first
    with writing(engine) as connection:
        second = connections.take_over(connection, first, NOW, LEASE)
    with pytest.raises(ClaimLostError), writing(engine) as connection:
        connections.renew(connection, first, NOW, LEASE)
    with writing(engine) as connection:
        connections.finish(connection, first, NOW, NOW, "too late")
    feed = read(engine, workspace_id)
    assert (feed.claimed_until, feed.last_error) == (second.claimed_until, None)


def test_a_renewed_claim_is_a_new_mark_even_when_no_time_passed(
    engine: Engine, feed_id: int
) -> None:
    first = claim(engine)
    assert first
    with writing(engine) as connection:
        second = connections.renew(connection, first, NOW, LEASE)
    assert second.claimed_until != first.claimed_until
    with writing(engine) as connection:
        connections.renew(connection, second, NOW, LEASE)


def test_a_paused_feed_is_not_claimed_until_it_is_resumed(engine: Engine, feed_id: int) -> None:
    with writing(engine) as connection:
        connections.set_paused(connection, feed_id, True, NOW)
    assert claim(engine) is None
    with writing(engine) as connection:
        connections.set_paused(connection, feed_id, False, NOW)
    assert claim(engine)


def test_pull_now_makes_it_due(engine: Engine, workspace_id: int, feed_id: int) -> None:
    claimed = claim(engine)
    assert claimed
    with writing(engine) as connection:
        connections.finish(connection, claimed, NOW, Instant(NOW + MINUTE), "no answer")
        connections.make_due(connection, feed_id, NOW)
    assert read(engine, workspace_id).last_error == "no answer"
    assert claim(engine)

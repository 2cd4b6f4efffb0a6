"""Storage by a real S3 service: what is stored, and a lock that holds."""

from __future__ import annotations

from codecs import BOM_UTF16
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from botocore.exceptions import ClientError
from msgspec.structs import replace

from auditdash.events import instants
from auditdash.events.errors import BadInput
from auditdash.events.instants import to_datetime
from auditdash.outgoing.http import Surroundings
from auditdash.outgoing.outcome import RefusedError, SendingError, UnavailableError
from auditdash.outgoing.s3 import Bucket, Keys, check_bucket, parse_bucket, put_object, seconds_for
from tests.outgoing.parcels import make_parcel
from tests.receivers import Certified, Receiver, Storage


@pytest.fixture
def around(storage: Storage) -> Surroundings:
    return Surroundings(inside=frozenset({storage.host}))


@pytest.fixture
def keys(storage: Storage) -> Keys:
    return Keys(access=storage.access, secret=storage.secret)


def _make_bucket(storage: Storage, *, lock: bool) -> Bucket:
    name = f"reports-{uuid4().hex[:12]}"
    storage.client().create_bucket(Bucket=name, ObjectLockEnabledForBucket=lock)
    return Bucket(
        endpoint=storage.endpoint,
        region="us-east-1",
        bucket=name,
        folder="audit dash/+monthly",
        lock_days=400 if lock else 0,
    )


def test_a_file_is_stored_once(
    storage: Storage, around: Surroundings, keys: Keys, tmp_path: Path
) -> None:
    bucket = _make_bucket(storage, lock=False)
    parcel, now = make_parcel(tmp_path, bytes(range(256)) * 4000), instants.now()
    where = f"s3://{bucket.bucket}/audit dash/+monthly/{parcel.name}"
    assert put_object(bucket, keys, around, parcel, now) == f"stored as {where}"
    assert put_object(bucket, keys, around, parcel, now) == f"stored as {where}"
    key = f"audit dash/+monthly/{parcel.name}"
    stored = storage.client().get_object(Bucket=bucket.bucket, Key=key)
    assert stored["Body"].read() == parcel.path.read_bytes()
    assert stored["ContentType"] == "application/pdf"
    with pytest.raises(RefusedError, match="nothing is replaced"):
        put_object(bucket, keys, around, make_parcel(tmp_path, b"other"), now)


def test_a_compliance_lock_holds_against_everybody(
    storage: Storage, around: Surroundings, keys: Keys, tmp_path: Path
) -> None:
    bucket = _make_bucket(storage, lock=True)
    parcel, now = make_parcel(tmp_path, b"evidence"), instants.now()
    said = put_object(bucket, keys, around, parcel, now)
    until = to_datetime(now) + timedelta(days=400)
    assert said.endswith(f"locked (COMPLIANCE) until {until:%Y-%m-%dT%H:%M:%SZ}")
    assert "locked (COMPLIANCE) until" in put_object(bucket, keys, around, parcel, now)
    client: Any = storage.client()
    where = {"Bucket": bucket.bucket, "Key": f"audit dash/+monthly/{parcel.name}"}
    version = client.head_object(**where)["VersionId"]
    shorter = {"Mode": "COMPLIANCE", "RetainUntilDate": until - timedelta(days=399)}
    weaker = {"Mode": "GOVERNANCE", "RetainUntilDate": until}
    attempts: tuple[Callable[[], object], ...] = (
        lambda: client.delete_object(**where, VersionId=version),
        lambda: client.delete_object(**where, VersionId=version, BypassGovernanceRetention=True),
        lambda: client.put_object_retention(**where, VersionId=version, Retention=shorter),
        lambda: client.put_object_retention(
            **where, VersionId=version, Retention=weaker, BypassGovernanceRetention=True
        ),
    )
    for attempt in attempts:
        with pytest.raises(ClientError):
            attempt()
    stored = client.get_object(**where, VersionId=version)
    assert stored["Body"].read() == b"evidence"
    assert stored["ObjectLockMode"] == "COMPLIANCE"
    assert len(client.list_object_versions(Bucket=bucket.bucket)["Versions"]) == 1


def test_a_lock_is_not_promised_where_there_is_none(
    storage: Storage, around: Surroundings, keys: Keys, tmp_path: Path
) -> None:
    bucket = replace(_make_bucket(storage, lock=False), lock_days=10)
    with pytest.raises(RefusedError, match="without object lock"):
        check_bucket(bucket, keys, around)
    with pytest.raises(SendingError):
        put_object(bucket, keys, around, make_parcel(tmp_path, b"x"), instants.now())
    assert check_bucket(replace(bucket, lock_days=0), keys, around).endswith("opens")
    locking = _make_bucket(storage, lock=True)
    assert check_bucket(locking, keys, around).endswith("opens, and locks objects")


def test_an_object_that_is_there_without_its_lock_is_not_enough(
    storage: Storage, around: Surroundings, keys: Keys, tmp_path: Path
) -> None:
    bucket = _make_bucket(storage, lock=True)
    parcel = make_parcel(tmp_path, b"x")
    put_object(replace(bucket, lock_days=0), keys, around, parcel, instants.now())
    with pytest.raises(RefusedError, match="is not locked"):
        put_object(bucket, keys, around, parcel, instants.now())


def test_a_wrong_secret_and_a_missing_bucket_are_told(
    storage: Storage, around: Surroundings, keys: Keys, tmp_path: Path
) -> None:
    bucket, parcel = _make_bucket(storage, lock=False), make_parcel(tmp_path, b"x")
    wrong = Keys(access=keys.access, secret="wrong-heron")
    with pytest.raises(UnavailableError, match="403 SignatureDoesNotMatch") as failed:
        put_object(bucket, wrong, around, parcel, instants.now())
    assert "wrong-heron" not in str(failed.value)
    missing = replace(bucket, bucket=f"none-{uuid4().hex[:12]}")
    with pytest.raises(RefusedError, match="NoSuchBucket"):
        check_bucket(missing, keys, around)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "cp037"])
def test_no_answer_declares_an_entity(
    receiver: Receiver, certified: Certified, tmp_path: Path, encoding: str
) -> None:
    """In EBCDIC and UTF-16 a declaration has other bytes."""
    head = f'<?xml version="1.0" encoding="{encoding}"?>'.encode(
        encoding if encoding == "utf-16" else "ascii"
    )
    text = '<!DOCTYPE e [<!ENTITY x "Evil">]><Error><Code>&x;</Code></Error>'
    body = head + text.encode(encoding).removeprefix(BOM_UTF16)
    receiver.answers = [(404, {}, b""), (403, {}, body)]
    around = Surroundings(inside=receiver.inside, authorities=certified.authorities)
    bucket = Bucket(endpoint=f"https://localhost:{receiver.port}", region="r", bucket="abc")
    keys = Keys(access="a", secret="b")
    with pytest.raises(SendingError) as told:
        put_object(bucket, keys, around, make_parcel(tmp_path, b"x"), instants.now())
    assert "Evil" not in str(told.value)
    assert "403 AccessDenied" in str(told.value)


def test_storage_inside_needs_the_operators_word(storage: Storage, keys: Keys) -> None:
    bucket = Bucket(endpoint=f"https://{storage.host}", region="r", bucket="abc")
    with pytest.raises(RefusedError, match="is inside"):
        check_bucket(bucket, keys, Surroundings())


@pytest.mark.parametrize(
    "changes",
    [
        {"endpoint": "https://s3.example.com/path"},
        {"endpoint": "http://s3.example.com"},
        {"bucket": "UPPER"},
        {"bucket": "../x"},
        {"bucket": "a?b"},
        {"region": "us east"},
        {"folder": "../x"},
        {"folder": "a/./b"},
        {"folder": "a//b"},
        {"folder": "a?x=1"},
    ],
)
def test_what_cannot_be_a_bucket_is_refused(changes: dict[str, str]) -> None:
    good = Bucket(endpoint="https://s3.example.com/", region="eu-1", bucket="abc", folder="/a/b/")
    assert parse_bucket(good, frozenset()).folder == "a/b"
    with pytest.raises(BadInput):
        parse_bucket(replace(good, **changes), frozenset())


@pytest.mark.parametrize(("size", "seconds"), [(0, 120), (72 << 20, 408), (5 << 30, 420)])
def test_a_large_file_has_time_over_a_slow_line_but_no_more_than_a_lease(
    size: int, seconds: float
) -> None:
    assert seconds_for(size, Surroundings()) == seconds

"""S3 and whatever speaks it: one PUT of one file, signed by botocore, sent by the guarded client.

botocore's own transport would connect to whatever a name says at that moment.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from datetime import timedelta
from hashlib import md5
from typing import Any, Final
from urllib.parse import quote
from xml.etree.ElementTree import ParseError, fromstring

from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from msgspec import Struct
from msgspec.structs import replace

from auditdash.events.errors import BadInput
from auditdash.events.instants import Instant, shorten, to_datetime
from auditdash.outgoing.guard import Place, parse_place
from auditdash.outgoing.http import Answer, Surroundings, check, send
from auditdash.outgoing.outcome import Parcel, RefusedError, UnavailableError

MOST_BYTES: Final = 5 << 30  # of one PUT
_SLOWEST: Final = 256 << 10  # bytes a second
_LONGEST: Final = 420.0  # seconds
_BUCKET: Final = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_REGION: Final = re.compile(r"[a-z0-9-]{1,40}")
_KEY: Final = re.compile(r"[\w .@+=/-]{0,300}", re.ASCII)
_EMPTY: Final = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
_PERMANENT: Final = {"NoSuchBucket", "InvalidRequest", "InvalidBucketState", "InvalidArgument"}


class Bucket(Struct, frozen=True, kw_only=True):
    """Where files go: `lock_days` of COMPLIANCE retention for each, 0 for none."""

    endpoint: str
    region: str
    bucket: str
    folder: str = ""
    lock_days: int = 0


class Keys(Struct, frozen=True, kw_only=True):
    """What opens it."""

    access: str
    secret: str


def parse_bucket(given: Bucket, inside: frozenset[str]) -> Bucket:
    """The same, cleaned; BadInput names the field."""
    place = parse_place(given.endpoint, inside)
    if place.target != "/":
        raise BadInput("the address has a path", where="address", expected="https://HOST")
    if not _BUCKET.fullmatch(given.bucket):
        raise BadInput(
            f"{shorten(given.bucket)} is not the name of a bucket",
            where="bucket",
            expected="3 to 63 small letters, digits, dots and dashes",
        )
    if not _REGION.fullmatch(given.region):
        raise BadInput(
            f"{shorten(given.region)} is not a region", where="region", expected="such as us-east-1"
        )
    folder = given.folder.strip("/ ")
    parts = folder.split(
        "/"
    )  # a dot alone would be taken out of the address, but not of what is signed
    if not _KEY.fullmatch(folder) or ".." in folder or "//" in folder or "." in parts:
        raise BadInput(
            f"{shorten(folder)} cannot be the beginning of keys",
            where="folder",
            expected="letters, digits and . _ - @ + = with / between them",
        )
    return Bucket(
        endpoint=place.url.rstrip("/"),
        region=given.region,
        bucket=given.bucket,
        folder=folder,
        lock_days=given.lock_days,
    )


def put_object(
    bucket: Bucket, keys: Keys, around: Surroundings, parcel: Parcel, now: Instant
) -> str:
    """Store a file; where and until when, in words. The same file under its key is enough, unless
    it is to be locked and is not. Raises SendingError."""
    if parcel.size > MOST_BYTES:
        raise RefusedError("the file is larger than 5 GiB, the most that one PUT takes")
    place = _place(bucket, parcel.name, around)
    known = _ask(place, bucket, keys, around, "HEAD", {})
    if known.is_good:
        return _known(known, bucket, parcel)
    if known.status not in {403, 404}:  # without the right to list, what is not there is forbidden
        check(known, place.host)
    headers = {
        "Content-Length": str(parcel.size),
        "Content-Type": parcel.media_type,
        "Content-MD5": _md5(parcel),
        "x-amz-meta-sha256": parcel.sha256.hex(),
    }
    until = to_datetime(now) + timedelta(days=bucket.lock_days)
    stamp = f"{until:%Y-%m-%dT%H:%M:%SZ}"
    if bucket.lock_days:
        headers["x-amz-object-lock-mode"] = "COMPLIANCE"
        headers["x-amz-object-lock-retain-until-date"] = stamp
    longer = replace(around, seconds=seconds_for(parcel.size, around))
    _check(_ask(place, bucket, keys, longer, "PUT", headers, parcel), place, bucket)
    locked = f", locked (COMPLIANCE) until {stamp}" if bucket.lock_days else ""
    return f"stored as s3://{bucket.bucket}/{_key(bucket, parcel.name)}{locked}"


def seconds_for(size: int, around: Surroundings) -> float:
    """How long a file of so many bytes may take, over a slow line too, but within a lease."""
    return min(around.seconds + size / _SLOWEST, max(around.seconds, _LONGEST))


def check_bucket(bucket: Bucket, keys: Keys, around: Surroundings) -> str:
    """Whether it is there, opens, and can lock where it must; in words. Raises SendingError."""
    place = parse_place(f"{bucket.endpoint}/{bucket.bucket}", around.inside)
    _check(_ask(place, bucket, keys, around, "HEAD", {}), place, bucket)
    if not bucket.lock_days:
        return f"the bucket {bucket.bucket} opens"
    place = parse_place(f"{place.url}?object-lock=", around.inside)
    answer = _ask(place, bucket, keys, around, "GET", {})
    if not answer.is_good or b"Enabled" not in answer.body:
        raise RefusedError(f"the bucket {bucket.bucket} was made without object lock")
    return f"the bucket {bucket.bucket} opens, and locks objects"


def _known(answer: Answer, bucket: Bucket, parcel: Parcel) -> str:
    where = f"s3://{bucket.bucket}/{_key(bucket, parcel.name)}"
    if answer.headers.get("x-amz-meta-sha256") != parcel.sha256.hex():
        raise RefusedError(f"{where} is there already, with another content; nothing is replaced")
    mode = answer.headers.get("x-amz-object-lock-mode", "")
    if bucket.lock_days and mode != "COMPLIANCE":
        raise RefusedError(f"{where} is there already, and is not locked")
    until = answer.headers.get("x-amz-object-lock-retain-until-date", "")
    return f"stored as {where}" + (f", locked ({mode}) until {until}" if mode else "")


def _ask(
    place: Place,
    bucket: Bucket,
    keys: Keys,
    around: Surroundings,
    method: str,
    headers: Mapping[str, str],
    parcel: Parcel | None = None,
) -> Answer:
    request = AWSRequest(method=method, url=place.url, headers=dict(headers))
    signer: Any = _Signer.new(Credentials(keys.access, keys.secret), "s3", bucket.region)
    signer.digest = parcel.sha256.hex() if parcel else _EMPTY
    signer.add_auth(request)
    signed = {str(name): str(value) for name, value in request.headers.items()}
    body = parcel.path if parcel else b""
    return send(place, around, method=method, headers=signed, body=body)


class _Signer(S3SigV4Auth):
    """Signs a body by its hash, which is known: so it is read once, to be sent."""

    digest: str = _EMPTY
    new: Any = classmethod(lambda kind, *given: kind(*given))  # botocore has no types

    def payload(self, request: AWSRequest) -> str:
        return self.digest


def _check(answer: Answer, place: Place, bucket: Bucket) -> None:
    if answer.is_good:
        return
    code = _code(answer.body) or {403: "AccessDenied", 404: "NoSuchBucket"}.get(answer.status, "")
    said = f"{place.host} answered {answer.status}" + (f" {code}" if code else "")
    if code in _PERMANENT:
        raise RefusedError(f"{said} for the bucket {bucket.bucket}")
    if 300 <= answer.status < 400:
        region = answer.headers.get("x-amz-bucket-region", "")
        where = f"the bucket is in the region {shorten(region)}" if region else "a redirect"
        raise RefusedError(f"{said}: {where}; none is followed")
    raise UnavailableError(f"{said} for the bucket {bucket.bucket}")


def _code(body: bytes) -> str:
    """The word of an error, such as AccessDenied; entities cannot be declared in what is parsed.

    It is read as the text that was looked at: bytes could be of an encoding that hides the sign.
    """
    try:
        text = body.decode("utf-8")
        found = None if "<!" in text else fromstring(text).findtext("Code")  # noqa: S314 - as above
    except (UnicodeDecodeError, ParseError):
        return ""
    return found if found and found.isascii() and found.isalnum() and len(found) < 60 else ""


def _place(bucket: Bucket, name: str, around: Surroundings) -> Place:
    path = quote(f"/{bucket.bucket}/{_key(bucket, name)}", safe="/-_.~")
    return parse_place(bucket.endpoint + path, around.inside)


def _key(bucket: Bucket, name: str) -> str:
    return f"{bucket.folder}/{name}" if bucket.folder else name


def _md5(parcel: Parcel) -> str:
    """S3 demands it of uploads that are to be locked; it protects nothing."""
    digest = md5(usedforsecurity=False)
    with parcel.path.open("rb") as file:
        while chunk := file.read(1 << 20):
            digest.update(chunk)
    return base64.b64encode(digest.digest()).decode()

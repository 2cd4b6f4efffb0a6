"""Every order that can be kept, as JSON beside a download that a worker makes."""

from __future__ import annotations

from typing import Final

from msgspec import ValidationError, json

from auditdash.downloads.orders.access import AccessOrder, BaselineLinesOrder, BaselinesOrder
from auditdash.downloads.orders.campaigns import CampaignOrder
from auditdash.downloads.orders.events import ChangesOrder, EventsOrder, LastingOrder
from auditdash.downloads.orders.summaries import ChangedOrder, ExportsOrder, InventoryOrder
from auditdash.events.errors import BadInput

KeptOrder = (
    EventsOrder
    | ChangesOrder
    | LastingOrder
    | ExportsOrder
    | InventoryOrder
    | ChangedOrder
    | AccessOrder
    | BaselinesOrder
    | BaselineLinesOrder
    | CampaignOrder
)
_decoder: Final[json.Decoder[KeptOrder]] = json.Decoder(KeptOrder)


def encode_order(order: KeptOrder) -> str:
    """As JSON."""
    return json.encode(order).decode()


def decode_order(text: str) -> KeptOrder:
    """What encode_order wrote; BadInput of another version's that this one cannot read."""
    try:
        return _decoder.decode(text)
    except ValidationError as error:
        raise BadInput(f"this download was ordered from another version ({error})") from None

"""What the control socket understands of parcels."""

from __future__ import annotations

from typing import Any

from station_journal.facts.parcels import Found, HandedParcel, IdentityShown, ParcelCondition
from station_journal.masking import mask_name, phone_key
from station_journal.waybill import likely_carrier, read_waybill
from station_pos.commands.parcel_orders import HandOffParcels, RefuseParcel, ScanInParcel, SignBatch
from station_pos.control_line import AskedWrongError, Lines, number, plain, text


class ParcelLines(Lines):
    """Parcels: scanned in, signed for, looked up, handed off, refused."""

    def _do_scan_in(self, asked: dict[str, Any]) -> dict[str, Any]:
        desk, waybill = self._counter.parcels, read_waybill(text(asked, "waybill"))
        known = desk.parcel(waybill)
        name, phone = desk.contact(known) if known is not None else ("", text(asked, "phone", ""))
        recipient, key = mask_name(name), phone_key(phone)
        order = ScanInParcel(
            operator_no=self._operator_no(asked),
            batch_no=desk.open_batch(),
            waybill=waybill,
            code=desk.place_for(key, recipient),
            carrier=likely_carrier(waybill),
            recipient=recipient,
            phone=key,
            condition=ParcelCondition[text(asked, "condition", ParcelCondition.WHOLE.name)],
        )
        return self._submit(order)

    def _do_sign_batch(self, asked: dict[str, Any]) -> dict[str, Any]:
        """Sign with the courier's PIN; what the manifest names and nobody scanned is missing."""
        desk, manifest_no = self._counter.parcels, text(asked, "manifest_no")
        known = [row for row in desk.manifests() if row.manifest_no == manifest_no]
        if not known:
            raise AskedWrongError(f"No manifest {manifest_no!r} is expected.")
        courier_no = known[0].courier_no
        order = SignBatch(
            operator_no=self._operator_no(asked),
            batch_no=desk.open_batch(),
            manifest_no=manifest_no,
            courier_no=courier_no,
            courier_name=known[0].courier_name,
            courier_signed=desk.courier_signs(courier_no, text(asked, "courier_pin")),
            missing=tuple(one.waybill for one in desk.expected(manifest_no)),
        )
        return self._submit(order)

    def _do_find_parcels(self, asked: dict[str, Any]) -> dict[str, Any]:
        return {"found": plain(self._counter.parcels.find(text(asked, "text")))}

    def _do_parcel(self, asked: dict[str, Any]) -> dict[str, Any]:
        found = self._counter.parcels.parcel(text(asked, "waybill"))
        return {"parcel": plain(found), "where": None if found is None else found.where.name}

    def _do_hand_off(self, asked: dict[str, Any]) -> dict[str, Any]:
        """Hand over the items with these waybills, each of which was scanned."""
        waybills = asked.get("waybills")
        if not isinstance(waybills, list) or not all(isinstance(one, str) for one in waybills):
            raise AskedWrongError("'waybills' is a list of texts.")
        order = HandOffParcels(
            operator_no=self._operator_no(asked),
            parcels=tuple(HandedParcel(one, one) for one in waybills),
            found=Found[text(asked, "found", Found.PHONE_TAIL.name)],
            tendered_fen=number(asked, "tendered_fen", 0),
            identity=IdentityShown.NONE,
        )
        return self._submit(order)

    def _do_refuse_parcel(self, asked: dict[str, Any]) -> dict[str, Any]:
        return self._submit(RefuseParcel(self._operator_no(asked), text(asked, "waybill")))

    def _do_parcel_counts(self, _asked: dict[str, Any]) -> dict[str, Any]:
        return {"counts": plain(self._counter.parcels.counts())}

"""What can go wrong with the station's disk, each with a code for the screen and one English sentence."""

from __future__ import annotations

from enum import StrEnum


class StoreTrouble(StrEnum):
    """Kinds of trouble with the data folder; the screen and the command line have a sentence for each."""

    FULL = "disk_full"
    READ_ONLY = "folder_read_only"
    BUSY = "busy"
    IN_USE = "in_use"
    DAMAGED = "damaged"
    FAILED = "disk_failed"
    OTHER_VERSION = "other_version"
    NOT_ENROLLED = "not_enrolled"
    CONFLICT = "conflict"


_SENTENCES = {
    StoreTrouble.FULL: "The disk is full; nothing was recorded. Free some space and try again.",
    StoreTrouble.READ_ONLY: "The data folder cannot be written; nothing was recorded.",
    StoreTrouble.BUSY: "The station's database is held by another program; nothing was recorded. Try again.",
    StoreTrouble.IN_USE: "Another station-pos is running on this data folder; only one may.",
    StoreTrouble.DAMAGED: "The station's database is damaged; run station-pos verify.",
    StoreTrouble.FAILED: "The disk reported an error; nothing was recorded. Try again.",
    StoreTrouble.OTHER_VERSION: "The data folder was made by another version of the program.",
    StoreTrouble.NOT_ENROLLED: "This data folder holds no enrolled station; run station-pos enroll.",
    StoreTrouble.CONFLICT: "What was asked would take effect twice; nothing was recorded.",
}


class StoreError(Exception):
    """The disk did not do what was asked, and nothing half-done is left; ``trouble`` names the kind."""

    def __init__(self, trouble: StoreTrouble, detail: str = "") -> None:
        """Keep the kind, and add what the system said."""
        sentence = _SENTENCES[trouble]
        super().__init__(f"{sentence} ({detail})" if detail else sentence)
        self.trouble = trouble
        self.detail = detail

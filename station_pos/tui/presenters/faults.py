"""What failed behind the counter, in words: the disk, or books that cannot be computed from a record on.

A read that fails says nothing of what is recorded: the same sentence stands after a sale as before it. Only the
register's own word, that nothing was recorded, is passed on as it is.
"""

from __future__ import annotations

from station_pos.commands.outcome import FAULTS, RegisterFault
from station_pos.text import Catalogue

TEXT = Catalogue(
    {
        "unreadable_now": (
            "!! 账本现在读不出, 屏上可能是旧的: {reason}",
            "!! The books cannot be read now; this may be old: {reason}",
        ),
        "owed": (
            "!! 账本现在读不出: {reason}。结果读出就显示, 不要重做",
            "!! Books unreadable: {reason}. The result follows, do not redo",
        ),
        "disk_full": ("磁盘已满", "the disk is full"),
        "folder_read_only": ("数据目录打不开", "the data folder cannot be used"),
        "busy": ("被另一个程序占用", "another program holds them"),
        "damaged": ("数据库已损坏, 请运行 station-pos verify", "damaged; run station-pos verify"),
        "disk_failed": ("磁盘报错", "the disk reports an error"),
        "deriving": ("账表正在重新推算", "they are being derived again"),
        "S": ("从本站第 {seq} 条起算不出", "not computable from record {seq} on"),
        "H": ("从总部第 {seq} 条起算不出", "not computable from HQ record {seq} on"),
        "record": ("有一条记录读不懂", "a record makes no sense"),
    }
)


def is_fault_of_books(error: Exception) -> bool:
    """Tell whether the disk or a record did not give what was asked, as opposed to a fault of the program."""
    return bool(_trouble(error) or _of_a_record(error))


def _trouble(error: Exception) -> str:
    """Name the disk's own trouble; its errors and the register's carry its code."""
    code = str(getattr(error, "trouble", getattr(error, "code", "")))
    return code if code in FAULTS or code in TEXT else ""


def _of_a_record(error: Exception) -> str:
    """Say which record stops the figures, or that one cannot be read; empty if it is neither."""
    # Only a fault needs them, and the first picture waits for none.
    from station_journal.codec import UnreadableRecordError
    from station_journal.effects import NotComputableError

    if isinstance(error, NotComputableError):
        return TEXT(error.side.value, seq=error.seq)
    return TEXT("record") if isinstance(error, UnreadableRecordError) else ""


def _reason(error: Exception) -> str:
    trouble = _trouble(error)
    if trouble:
        return TEXT(trouble) if trouble in TEXT else FAULTS(trouble)
    return _of_a_record(error) or str(error)


def read_fault(error: Exception) -> str:
    """Give the alert for a fault met while the screen was looking at the books."""
    return TEXT("unreadable_now", reason=_reason(error))


def owed_fault(error: Exception) -> str:
    """Give the alert for a result that is there and cannot be shown yet: what it is about is not to be done again."""
    return TEXT("owed", reason=_reason(error))


def sentence_of(error: Exception) -> str:
    """Give one whole sentence for what failed while something was looked up or made."""
    return read_fault(error) if _of_the_reading(error) else str(error)


def _of_the_reading(error: Exception) -> bool:
    # The register's own sentences are whole, and true: it knows that nothing was recorded.
    return is_fault_of_books(error) and not isinstance(error, RegisterFault)


def failed_words(error: Exception) -> str:
    """Give what failed behind an order, in the chosen language, for the sentence that says nothing was done."""
    return _reason(error) if _of_the_reading(error) else str(error)

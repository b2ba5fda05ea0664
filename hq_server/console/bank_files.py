"""Files for the bank as pages hand them out: the layout chosen, and a refusal of what the layout cannot hold."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hq_server.console.visits import Download
from hq_server.payment_orders.bank_file import BankFile, BankFileProfile, BankFileRefused, known_profiles
from hq_server.wording import RefusedError

if TYPE_CHECKING:
    from collections.abc import Callable

    from hq_server.console.visits import Visit


def chosen_profile(visit: Visit) -> BankFileProfile:
    """Give the layout that a form names.

    Raises:
        RefusedError: it names none.
    """
    profile = known_profiles().get(visit.form.get("profile", ""))
    if profile is None:
        raise RefusedError("profile", "请选择付款文件格式", "choose the layout of the file")
    return profile


def written(write: Callable[[], BankFile]) -> Download:
    """Have a file written and give it to keep.

    Raises:
        RefusedError: the layout cannot hold what it is to say.
    """
    try:
        file = write()
    except BankFileRefused as error:
        raise RefusedError("pay_file", f"文件没有写出: {error}", str(error)) from error
    return Download(file.name, "application/octet-stream", file.content)

"""Words for opening the shop: the pass phrase of the station's key."""

from __future__ import annotations

from station_pos.text import Catalogue

TEXT = Catalogue(
    {
        "unlock": ("   开店: 输口令打开本站钥匙, 一天一次", "   Opening: the pass phrase opens the station's key"),
        "ask_phrase": ("   口令  > ", "   Pass phrase  > "),
        "keys_phrase": (
            "Enter 打开   Esc 清空   0 Enter 退出程序",
            "Enter opens   Esc clears   0 Enter ends the program",
        ),
        "opening": ("   正在打开账本, 请稍等", "   Opening the books, one moment"),
    }
)

"""Words of what an address names in vain, and of what went wrong, in Traditional Chinese (Taiwan) and English."""

from __future__ import annotations

WORDS: dict[str, tuple[str, str]] = {
    "link_strange": (
        "網址所指的{what}「{value}」不存在，已略過。",
        "The address names {what} “{value}”, which does not exist here; it is left out.",
    ),
    "link_outside": (
        "網址所指的時刻 {value} 不在資料期間內（{first} 至 {last}）。",
        "The address names {value}, which lies outside the data ({first} to {last}).",
    ),
    "link_beyond": (
        "網址所指的紀錄位置 {value} 尚不存在，事件紀錄只到 {head}；以下為最新資料。",
        "The address names log position {value}; the log ends at {head}. What follows is the latest.",
    ),
    "link_page": ("頁面", "a page"),
    "link_parameter": ("參數 {name}", "the parameter {name} ="),
    "trouble_city": (
        "伺服器找不到城市資料。請管理者以 twin init 或 twin demo 建立城市後再開啟。",
        "The server finds no city. Its keeper makes one with twin init or twin demo.",
    ),
    "trouble_model": (
        "這個建築模型無法讀取，請管理者重新載入其檔案。",
        "This building's model cannot be read; the server's keeper loads its file again.",
    ),
    "trouble_log": (
        "事件紀錄暫時無法讀取，稍後再試。",
        "The log cannot be read at present; try again later.",
    ),
    "trouble_usage": ("無法依此要求顯示：{why}", "This cannot be shown as asked: {why}"),
    "trouble_other": (
        "這一頁發生錯誤，無法顯示。",
        "Something went wrong, and this page cannot be shown.",
    ),
    "trouble_code": ("伺服器紀錄中的代碼：{code}", "Code in the server's log: {code}"),
}
"""Key -> (Chinese, English)."""

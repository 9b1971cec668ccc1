"""Words of the page about sources and quarantine, in Traditional Chinese (Taiwan) and English."""

from __future__ import annotations

WORDS: dict[str, tuple[str, str]] = {
    "page_sources": ("資料來源", "Sources"),
    "sources_all": ("來源", "Sources"),
    "sources_late": ("其中 {n} 個逾時", "{n} of them late"),
    "sources_fresh": ("皆未逾時", "none of them late"),
    "sources_hour": ("近 1 小時收進", "Landed in the last hour"),
    "sources_minute": ("近 1 分鐘 {n} 筆", "{n} in the last minute"),
    "sources_rows_unit": ("筆", "rows"),
    "sources_quarantine": ("隔離中", "In quarantine"),
    "sources_refused_hour": ("近 1 小時新增 {n} 筆", "{n} in the last hour"),
    "sources_log": ("事件紀錄", "Log"),
    "sources_lake": ("歷史資料涵蓋至位置 {n}", "history covers position {n}"),
    "sources_state": ("狀態", "State"),
    "sources_ok": ("正常", "fresh"),
    "sources_stale": ("逾時", "late"),
    "sources_last": ("最後事件", "Last event"),
    "sources_age": ("資料年齡", "Age"),
    "minutes": ("{n} 分鐘", "{n} min"),
    "hours": ("{n} 小時", "{n} h"),
    "sources_allowed": ("容許", "Allowed"),
    "sources_rows": ("筆數", "Rows"),
    "sources_last_hour": ("近 1 小時", "Last hour"),
    "sources_duplicates": ("重複", "Duplicates"),
    "sources_refused": ("未收", "Refused"),
    "sources_none": ("尚無任何來源。", "There is no source yet."),
    "sources_clean": ("沒有資料在隔離區。", "Nothing is in quarantine."),
    "sources_reason": ("原因", "Reason"),
    "sources_format": ("格式", "Format"),
    "sources_count": ("件數", "Count"),
    "sources_entry": ("編號", "Entry"),
    "sources_offset": ("位移（offset）", "Offset"),
    "sources_begins": ("內容開頭", "Begins"),
    "sources_by_reason": ("依原因", "By reason"),
    "sources_entries": ("逐筆（最新 {n} 筆）", "Entries (the latest {n})"),
    "sources_mend": (
        "解碼器或宣告修正後重試；確定無用者可捨棄。兩者都會成為事件。",
        "Retry when a decoder or a declaration was mended; discard what is of no use. Both become events.",
    ),
}
"""Key -> (Chinese, English)."""

"""Words of the page about differences, in Traditional Chinese (Taiwan) and English."""

from __future__ import annotations

WORDS: dict[str, tuple[str, str]] = {
    "page_difference": ("差異", "Difference"),
    "diff_against": ("與何時相比", "Compared with"),
    "diff_hour": ("1 小時前", "an hour earlier"),
    "diff_day": ("1 天前", "a day earlier"),
    "diff_week": ("1 週前", "a week earlier"),
    "diff_learned": ("當時所知", "what was known"),
    "diff_count": (
        "{total} 站：{more} 站增加、{fewer} 站減少、{same} 站相同、{unknown} 站缺其一時點的資料",
        "{total} stations: {more} have more, {fewer} fewer, {same} the same, {unknown} without data at one instant",
    ),
    "diff_kind": ("變化", "Change"),
    "diff_unknown": ("當時無資料", "no data then"),
    "diff_legend": ("可借車輛的增減", "Bikes available, more or fewer"),
    "diff_more": ("增加", "more"),
    "diff_fewer": ("減少", "fewer"),
    "diff_same": ("相同", "the same"),
    "diff_before": ("之前", "Before"),
    "diff_after": ("之後", "After"),
    "diff_unit": ("輛", "bikes"),
    "diff_reason": ("原因", "Reason"),
    "diff_position": ("紀錄位置", "Log position"),
    "reason_newer": ("較新", "newer"),
    "reason_late": ("遲到", "late"),
    "reason_corrected": ("更正", "corrected"),
}
"""Key -> (Chinese, English)."""

"""Words of what stands behind a number, in Traditional Chinese (Taiwan) and English."""

from __future__ import annotations

WORDS: dict[str, tuple[str, str]] = {
    "why": ("為什麼", "Why"),
    "why_help": ("這個數字從何而來", "Where this number comes from"),
    "why_homes": (
        "各基地戶數加總；已完工者另計。來源：data.taipei 臺北市社會住宅興建工程進度。",
        "The homes of all sites, summed. Source: data.taipei, progress of social housing.",
    ),
    "why_used": (
        "各表讀數減去 24 小時前的讀數，再加總。任一端逾 3 小時未更新或讀數倒退的表不計，不以推測補足；"
        "不足 10 戶的社區不列入。",
        "Each meter's register less what it was 24 hours before, summed. A meter whose register is older than 3 hours "
        "at either end, or fell, does not count and is not guessed; nor does a community of fewer than 10 homes.",
    ),
    "why_used_here": (
        "各表讀數減去 24 小時前的讀數，再加總。任一端讀數逾 3 小時未更新或讀數倒退的表不計，不以推測補足。",
        "Each meter's register less what it was 24 hours before, summed. A meter whose register is older than 3 hours "
        "at either end, or fell, does not count and is not guessed.",
    ),
    "why_meter": (
        "此表讀數減去 24 小時前的讀數。",
        "This meter's register less what it was 24 hours before.",
    ),
    "why_bikes": (
        "各站最近一次回報的可借車輛數加總（位置已知的站）。",
        "Bikes available at each station as it last reported, summed (stations whose place is known).",
    ),
    "why_buses": (
        "截至此刻 10 分鐘內有定位回報的公車數；其他車輛列於下方，不計入。",
        "Buses whose position was heard of in the 10 minutes before. Vehicles of other kinds are told beneath and do "
        "not count.",
    ),
    "why_kpi": (
        "由情境的負載、發電與儲能逐 15 分鐘平衡計算；相同情境、截止與參數必得相同結果摘要。",
        "From the balance of load, generation and storage at each quarter of an hour; the same scenario, cut and "
        "parameters give the same digest.",
    ),
    "why_now": ("此刻", "Now"),
    "why_before": ("24 小時前", "24 hours before"),
    "why_rows": ("資料列", "Rows"),
    "why_counted": ("列入的戶數", "Homes that count"),
    "why_meters": ("列入的表計", "Meters that count"),
    "why_left_out": ("未列入的表計", "Meters left out"),
    "why_oldest": ("最早一筆", "Oldest"),
    "why_newest": ("最新一筆", "Newest"),
    "why_events": ("事件數", "Events"),
    "why_positions": ("紀錄位置", "Log positions"),
    "why_projection": ("投影與版本", "Projection, version"),
    "why_value": ("讀數", "Register"),
    "why_quality": ("品質", "Quality"),
    "quality_measured": ("實測", "measured"),
    "quality_estimated": ("推估", "estimated"),
    "quality_substituted": ("替代", "substituted"),
    "quality_manual": ("人工", "manual"),
    "quality_invalid": ("無效", "invalid"),
    "why_source": ("來源", "Source"),
    "why_offsets": ("位移（offset）", "Offsets"),
    "why_recorded": ("記錄於", "Recorded"),
    "why_intact": ("位元組與摘要相符", "Bytes match their digest"),
    "why_earlier": ("先前所信", "Believed before"),
    "why_yes": ("是", "yes"),
    "why_no": ("否", "no"),
    "why_command": ("在命令列得到相同的答案", "The same answer on the command line"),
}
"""Key -> (Chinese, English)."""

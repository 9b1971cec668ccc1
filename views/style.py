"""The app's style sheet: spacing, cards, the clock, legends."""

from __future__ import annotations

from views import theme


def sheet() -> str:
    """The style element that every page starts with."""
    line, panel, muted, text = (theme.css(c) for c in (theme.LINE, theme.PANEL, theme.MUTED, theme.TEXT))
    ground = theme.css(theme.GROUND)
    warm, alarm, note = (theme.css(c) for c in (theme.WARM, theme.ALARM, theme.COOL))
    return f"""<style>
.block-container {{ padding: 0.55rem 1.6rem 0.5rem; max-width: 100%; }}
[data-testid="stVerticalBlock"] {{ gap: 0.6rem; }}
[data-testid="stMetric"] {{ background: {panel}; border: 1px solid {line}; border-radius: 10px;
  padding: 10px 14px 8px; }}
[data-testid="stMetricLabel"] p {{ color: {muted}; font-size: 0.82rem; }}
[data-testid="stMetricValue"] {{ font-size: 1.55rem; font-variant-numeric: tabular-nums; }}
[data-testid="stMetricDelta"] {{ font-size: 0.76rem; }}
[data-testid="stMetricDelta"] {{ background: transparent !important; padding: 0 !important; }}
[data-testid="stMetricDelta"] > div {{ color: {muted}; white-space: normal; }}
[data-testid="stDeckGlJsonChart"] {{ border: 1px solid {line}; border-radius: 12px; overflow: hidden;
  background: radial-gradient(120% 90% at 50% 20%, #16222f 0%, {theme.css(theme.GROUND)} 75%); }}
header[data-testid="stHeader"] {{ background: transparent; }}
header[data-testid="stHeader"], header[data-testid="stHeader"] * {{ pointer-events: none; }}
header[data-testid="stHeader"] :is(a, button),
header[data-testid="stHeader"] :is(a, button) * {{ pointer-events: auto; }}
.twin-head {{ margin-left: 420px; display: flex; align-items: baseline; gap: 12px; flex-wrap: wrap; }}
.twin-head h1 {{ font-size: 1.35rem; margin: 0; padding: 0; font-weight: 700; letter-spacing: 0.02em; }}
.twin-head span {{ color: {muted}; font-size: 0.86rem; }}
.twin-badge {{ display: inline-block; border: 1px solid {warm}; color: {warm} !important;
  border-radius: 999px; padding: 1px 10px; font-size: 0.78rem !important; cursor: help; }}
.twin-clock {{ display: flex; align-items: baseline; gap: 10px; }}
.twin-time {{ white-space: nowrap; font-size: 1.4rem; line-height: 1.2; font-weight: 700;
  font-variant-numeric: tabular-nums; color: {text}; }}
.twin-zone {{ color: {muted}; font-size: 0.8rem; }}
.twin-mode {{ font-size: 0.82rem; }}
.twin-incident {{ color: {warm}; font-size: 0.84rem; }}
[data-testid="stColumn"]:has([class*="st-key-why_"]) [data-testid="stMetric"] {{ padding-bottom: 28px; }}
[class*="st-key-why_"]:not(.st-key-why_site) {{ position: relative; z-index: 2;
  margin: calc(-0.6rem - 28px) 0 4px 12px; width: auto !important; }}
[class*="st-key-why_"] button {{ color: {muted}; font-size: 0.74rem; padding: 0 2px; min-height: 1.2rem;
  justify-content: flex-start; }}
.twin-beside {{ width: 100%; border-collapse: collapse; font-size: 0.82rem; font-variant-numeric: tabular-nums; }}
.twin-beside th, .twin-beside td {{ text-align: right; padding: 3px 0 3px 14px; border: none;
  border-bottom: 1px solid {line}; overflow-wrap: anywhere; }}
.twin-beside th {{ color: {muted}; font-weight: 500; }}
.twin-beside td:first-child {{ text-align: left; color: {muted}; padding-left: 0; white-space: nowrap; }}
.twin-tip {{ white-space: pre-line; }}
.twin-tip::first-line {{ font-weight: 700; }}
.twin-small {{ color: {muted}; font-size: 0.85rem; overflow-wrap: anywhere; }}
.twin-note {{ border: 1px solid {line}; border-left: 4px solid {note}; border-radius: 8px; padding: 8px 12px;
  font-size: 0.88rem; color: {text}; background: {panel}; overflow-wrap: anywhere; }}
.twin-note-warning {{ border-left-color: {warm}; }}
.twin-note-error {{ border-left-color: {alarm}; }}
.twin-legend {{ font-size: 0.8rem; color: {text}; margin: 0 0 8px; }}
.twin-legend b {{ display: block; color: {muted}; font-weight: 500; margin-bottom: 3px; }}
.twin-swatch {{ display: inline-flex; align-items: center; gap: 6px; margin-right: 14px; white-space: nowrap; }}
.twin-swatch i {{ width: 10px; height: 10px; border-radius: 3px; display: inline-block; }}
.twin-scale {{ height: 10px; border-radius: 5px; margin: 4px 0 2px; }}
.twin-ticks {{ display: flex; justify-content: space-between; color: {muted}; font-size: 0.74rem; margin-bottom: 4px; }}
.twin-facts {{ width: 100%; border-collapse: collapse; font-size: 0.84rem; }}
.twin-facts td {{ padding: 3px 0; border: none; border-bottom: 1px solid {line}; vertical-align: top; }}
.twin-facts td:first-child {{ color: {muted}; padding-right: 12px; white-space: nowrap; }}
.twin-facts td:last-child {{ text-align: right; font-variant-numeric: tabular-nums; overflow-wrap: anywhere; }}
.twin-kpis {{ width: 100%; border-collapse: collapse; font-size: 0.86rem; font-variant-numeric: tabular-nums; }}
.twin-kpis th {{ color: {muted}; font-weight: 500; text-align: right; padding: 4px 6px;
  border: none; border-bottom: 1px solid {line}; }}
.twin-kpis td {{ text-align: right; padding: 6px; border: none; border-bottom: 1px solid {line}; }}
.twin-kpis th:first-child, .twin-kpis td:first-child {{ text-align: left; }}
.twin-kpis td:nth-child(2) {{ color: {muted}; font-size: 0.78rem; }}
.twin-kpis td:first-child {{ min-width: 6.5rem; }}
[data-testid="stBaseButton-primary"], [data-testid="stBaseButton-primary"] * {{ color: {ground} !important; }}
:is(a, button, input, summary, [role="slider"], [role="tab"], [role="combobox"], [tabindex="0"]):focus-visible {{
  outline: 3px solid {text} !important; outline-offset: 2px; }}
[data-testid="stMetricValue"] > div, [data-testid="stMetricDelta"] p, [data-testid="stMetricLabel"] p {{
  overflow: visible; text-overflow: clip; white-space: normal; overflow-wrap: anywhere; }}
@media (max-width: 1200px) {{
  .block-container {{ padding: 0.55rem 0.9rem 0.5rem; }}
  .twin-head {{ margin-left: 345px; flex-wrap: nowrap; align-items: center; white-space: nowrap; }}
  .twin-head h1 {{ font-size: 1.1rem; }}
  .twin-about {{ display: none; }}
  .twin-badge {{ overflow: hidden; text-overflow: ellipsis; }}
  .twin-time {{ font-size: 1.12rem; }}
  .twin-mode {{ font-size: 0.72rem; white-space: nowrap; }}
  [data-testid="stMetric"] {{ padding: 8px 9px 6px; }}
  [class*="st-key-why_"]:not(.st-key-why_site) {{ margin-left: 6px; }}
  [data-testid="stMetricValue"] {{ font-size: 1.15rem; }}
  [data-testid="stMetricDelta"] {{ font-size: 0.7rem; }}
  [data-testid="stMetricLabel"] p {{ font-size: 0.76rem; }}
  .st-key-answer_body [data-testid="stHorizontalBlock"] {{ flex-wrap: wrap; }}
  .st-key-answer_body [data-testid="stHorizontalBlock"] > [data-testid="stColumn"] {{ min-width: 100%; }}
}}
</style>"""

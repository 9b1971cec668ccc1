"""What a page is to who does not see it: its language, and a name of its own for each button that shows an icon only.

Streamlit writes `<html lang="en">` whatever the page's language, calls an icon's button by the icon's file, and every
popover by its visible word. A few lines of script set what the page's own code says, and again when it is redrawn.
"""

from __future__ import annotations

import json

import streamlit as st

from views.state import State

_KEY = "spoken_names"

_SCRIPT = """<script>
(() => {
  const names = NAMES;
  document.documentElement.lang = LANGUAGE;
  const tell = () => {
    for (const [key, name] of Object.entries(names))
      for (const one of document.querySelectorAll(`.st-key-${key} button`))
        if (one.getAttribute("aria-label") !== name) one.setAttribute("aria-label", name);
  };
  window.twinSpoken?.disconnect();
  window.twinSpoken = new MutationObserver(tell);
  window.twinSpoken.observe(document.body, { childList: true, subtree: true });
  tell();
})();
</script>"""


def called(key: str, name: str) -> None:
    """Give the button of a widget's `key` a name."""
    st.session_state.setdefault(_KEY, {})[key] = name


def spoken(state: State) -> str:
    """The script that says it all; `called` first."""
    names, language = st.session_state.get(_KEY, {}), {"zh-TW": "zh-Hant-TW"}.get(state.language, state.language)
    return _SCRIPT.replace("NAMES", _json(names)).replace("LANGUAGE", _json(language))


def _json(value: object) -> str:
    """JSON that no text in it ends: no script, no comment."""
    return json.dumps(value).replace("<", "\\u003c")

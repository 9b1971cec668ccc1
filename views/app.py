"""The app: `streamlit run views/app.py` with TWIN_CITY, as `views.serve` starts it."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from views.i18n import LANGUAGES
from views.screens import building, city, difference, model, sources, what_if
from views.screens.follow import begin, follow
from views.screens.link_note import link_note
from views.screens.spoken import spoken
from views.screens.trouble import told
from views.state import State, change, current, hold, publish, reader
from views.style import sheet

ICON = Path(__file__).parent / "assets" / "icon.png"


def main() -> None:
    """Draw the page that the address names."""
    st.set_page_config(page_title="臺北社宅數位分身 Taipei Twin", page_icon=str(ICON), layout="wide")
    state = current()
    pages = {
        "city": st.Page(city.page, title=state.say("page_city"), url_path="city", default=True),
        "building": st.Page(building.page, title=state.say("page_building"), url_path="building"),
        "model": st.Page(model.page, title=state.say("page_model"), url_path="model"),
        "difference": st.Page(difference.page, title=state.say("page_difference"), url_path="difference"),
        "what_if": st.Page(what_if.page, title=state.say("page_what_if"), url_path="what-if"),
        "sources": st.Page(sources.page, title=state.say("page_sources"), url_path="sources"),
    }
    st.session_state["pages"] = pages
    chosen = st.navigation(list(pages.values()), position="top")
    st.html(sheet())
    with told(state):
        _head(state)
        link_note(state, [page.url_path for page in pages.values()] + ["city"])
        begin()
        chosen.run()
        if chosen not in (pages["city"], pages["sources"]):  # these follow by themselves
            follow(state)
    st.html(spoken(state), unsafe_allow_javascript=True)
    publish()


def _head(state: State) -> None:
    """The title, the badge of synthetic data, the language."""
    title, language = st.columns([5.2, 1], vertical_alignment="center")
    badge = ""
    if reader().synthetic:
        badge = f'<span class="twin-badge" title="{state.say("synthetic_why")}">{state.say("synthetic")}</span>'
    about = f'<span class="twin-about">{state.say("app_about")}</span>'
    title.html(f'<div class="twin-head"><h1>{state.say("app")}</h1>{about}{badge}</div>')
    hold("language", state.language)
    language.segmented_control(
        state.say("language"),
        list(LANGUAGES),
        format_func=lambda code: LANGUAGES[code],
        key="language",
        on_change=_speak,
        label_visibility="collapsed",
        width="stretch",
    )


def _speak() -> None:
    chosen = st.session_state["language"]
    if chosen:
        change(language=chosen)


if __name__ == "__main__":
    main()

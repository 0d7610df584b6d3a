"""How the full-screen view looks, and the keys its help shows: data."""

#: Themes of textual's own.
DARK, LIGHT = "tokyo-night", "catppuccin-latte"

CSS = """
Screen { layout: vertical; background: $background; }
#head { height: 1; background: $panel; }
#search { height: 0; border: none; padding: 0 1; background: $panel; }
#search.-open { height: 1; }
#body { height: 1fr; }
ListPane, #detail {
    border: round $panel-lighten-2; border-title-color: $text-muted; border-subtitle-color: $text-muted;
    scrollbar-size-vertical: 1; background: $background;
}
ListPane:focus, #detail:focus { border: round $secondary; border-title-color: $secondary; border-title-style: bold; }
#tasks { width: 3fr; height: 1fr; }
#right { width: 2fr; }
#sessions { height: 2fr; min-height: 4; }
#detail { height: 3fr; padding: 0 1; }
#text { width: 1fr; height: auto; }
#inbox { height: auto; max-height: 7; border: round $warning; border-title-color: $warning; display: none; }
.list-pane--cursor { background: $secondary-muted; text-style: bold; }
.list-pane--cursor-blurred { background: $panel; }
.list-pane--empty { color: $text-muted; }
.-narrow #body { layout: vertical; }
.-narrow #tasks { width: 1fr; height: 3fr; }
.-narrow #right { width: 1fr; height: 2fr; }
.-narrow #detail { display: none; }
.-narrow #sessions { height: 1fr; }
"""

KEYS = (
    ("↑ ↓ j k", "move; page up and down; g and G for top and bottom"),
    ("tab, 1 2 3", "next pane; tasks, sessions, inbox"),
    ("enter", "fold a task; attach to a session; answer a question"),
    ("a", "attach to the terminal (Ctrl-\\ detaches)"),
    ("i", "answer the selected question, else the oldest"),
    ("s", "stop the selection with all its processes"),
    ("t", "retry what failed"),
    ("p", "pause or resume the session, or the task's run"),
    ("y", "approve or reject the plan"),
    ("r", "show only the selected tree, or all"),
    ("/", "search titles; Escape ends the search"),
    ("l", "light or dark"),
    ("q, Ctrl-C", "quit; everything continues"),
)

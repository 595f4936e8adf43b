/* SPDX-License-Identifier: MIT
 *
 * Every action with its keys. A key stands here only when it does something today.
 *
 * Contexts: "sandboxes" the list of sandboxes, "list" any list, "motion" moving in lists and texts,
 * "text" a text to read, "prefix" after the prefix key, "copy" a terminal's scrollback, "global".
 */
#include "views/views.h"

const struct action_def views_actions[] = {
    {"sandboxes", "Enter", "sandbox-open", "Open its shell"},
    {"sandboxes", "s", "sandbox-shell", "Open another shell in it"},
    {"sandboxes", "a", "sandbox-attach", "Attach to one of its terminals"},
    {"sandboxes", "o", "sandbox-observe", "Watch its terminal without typing"},
    {"sandboxes", "n", "sandbox-new", "Create a sandbox"},
    {"sandboxes", "D", "sandbox-delete", "Delete it, or all that are marked"},
    {"sandboxes", "t", "sandbox-extend", "Give it more time"},
    {"sandboxes", "d", "sandbox-describe", "Show all that is known of it"},
    {"sandboxes", "y", "sandbox-json", "Show it as JSON"},
    {"sandboxes", "c", "sandbox-copy-name", "Copy its name"},
    {"sandboxes", "C", "sandbox-copy-url", "Copy its URL"},
    {"sandboxes", "0", "sandbox-namespaces", "All namespaces, or only that of the row"},

    {"list", "/", "list-filter", "Filter: regex, !inverted, -f fuzzy, -l key=value"},
    {"list", ">", "list-sort-next", "Sort by the next column"},
    {"list", "<", "list-sort-previous", "Sort by the previous column"},
    {"list", "I", "list-sort-invert", "Invert the order"},
    {"list", "Z", "list-hold", "Hold the order as it is"},
    {"list", "Space", "list-mark", "Mark"},
    {"list", "V", "list-mark-range", "Mark from the last mark to here"},
    {"list", "*", "list-mark-all", "Mark all that are shown"},
    {"list", "U", "list-mark-clear", "Clear the marks"},

    {"text", "y", "text-copy", "Copy the text"},

    {"motion", "j Down", "list-down", "Down", true},
    {"motion", "k Up", "list-up", "Up", true},
    {"motion", "C-d", "list-half-down", "Half a page down", true},
    {"motion", "C-u", "list-half-up", "Half a page up", true},
    {"motion", "C-f PgDn", "list-page-down", "A page down", true},
    {"motion", "PgUp", "list-page-up", "A page up", true},
    {"motion", "g+g Home", "list-top", "To the top", true},
    {"motion", "G End", "list-bottom", "To the bottom", true},

    {"prefix", "c", "shell-tab", "New tab with a shell in this sandbox"},
    {"prefix", "%", "split-right", "Split: a shell to the right"},
    {"prefix", "\"", "split-down", "Split: a shell below"},
    {"prefix", "w", "shell-choose", "Choose a pane or an open terminal"},
    {"prefix", ",", "tab-rename", "Rename this tab"},
    {"prefix", "s", "sandbox-choose", "Choose a sandbox"},
    {"prefix", "[ PgUp", "copy-mode", "Scroll back"},
    {"prefix", "i", "shell-info", "About this terminal"},
    {"prefix", "X", "shell-kill", "End this terminal (asks)"},
    {"prefix", "e", "leave", "Leave to the lists"},
    {"prefix", "d", "detach", "Quit, terminals run on"},
    {"prefix", "C-b", "send-prefix", "Send the prefix key itself"},
    {"prefix", ":", "palette", "Find verbs and sandboxes"},
    {"prefix", "?", "help", "List the keys"},

    {"copy", "q i", "copy-leave", "Back to the live screen"},

    {"global", ":", "palette", "Find verbs and sandboxes"},
    {"global", "?", "help", "List the keys that work here"},
    {"global", "Esc", "escape", "Clear the filter, or go back"},
    {"global", "q", "back", "Go back; at the start, quit"},
    {"global", "", "home", "Show the sandboxes", true},
    {"global", "", "view-sandboxes", "Show the sandboxes"},
    {"global", "", "quit", "Quit; sandboxes and terminals go on running"},
    {"global", "C-r", "refresh", "Ask the gateway again"},
    {"global", "C-c", "cancel", "Cancel what is under way; twice, quit"},
    {0},
};

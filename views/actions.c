/* SPDX-License-Identifier: MIT
 *
 * Every action with its keys. A key stands here only when it does something today.
 *
 * Contexts: "sandboxes" the list of sandboxes, "list" any list, "motion" moving in lists and texts,
 * "resource" any list of what sandboxes have, "servers" that of servers, "tail" lines that keep
 * coming, "logs" those of servers, "text" a text to read, "prefix" after the prefix key, "copy" a
 * terminal's scrollback, "global".
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
    {"sandboxes", "l", "view-logs", "Follow the logs of its servers"},
    {"sandboxes", "0", "sandbox-namespaces", "All namespaces, or only that of the row"},

    {"servers", "Enter l", "server-logs", "Follow its log, or those of all marked"},
    {"servers", "n", "server-start-new", "Start a new server"},
    {"servers", "r", "server-restart", "Restart (asks)"},
    {"servers", "S", "server-start", "Start one that stopped"},
    {"servers", "X", "server-stop", "Stop (asks)"},
    {"servers", "D", "server-delete", "Delete (asks)"},
    {"servers", "C", "server-copy-url", "Copy its URL"},

    {"logs", "s", "logs-stream", "Both streams, stdout, stderr"},

    {"tail", "/", "tail-search", "Search; n and N go on"},
    {"tail", "n", "tail-next", "Next hit", true},
    {"tail", "N", "tail-previous", "Hit before", true},
    {"tail", "&", "tail-keep", "Show only lines like that; ! inverts"},
    {"tail", "e", "tail-next-error", "Next error"},
    {"tail", "E", "tail-previous-error", "Error before"},
    {"tail", "w", "tail-wrap", "Wrap long lines"},
    {"tail", "t", "tail-times", "Show times"},
    {"tail", "p", "tail-pretty", "Show JSON over several lines"},
    {"tail", "v V", "tail-select", "Select lines"},
    {"tail", "y", "tail-copy", "Copy the line, or those selected"},
    {"tail", "Enter", "tail-detail", "Show all of the line"},
    {"tail", "l Right", "tail-right", "To the right", true},
    {"tail", "h Left", "tail-left", "To the left", true},
    {"tail", "", "tail-clear", "Forget the lines shown"},

    {"resource", "Enter", "resource-open", "Open it"},
    {"resource", "d", "resource-describe", "Show all that is known of it"},
    {"resource", "y", "resource-json", "Show it as JSON"},
    {"resource", "c", "resource-copy", "Copy its name"},

    {"list", "1", "view-sandboxes", "Sandboxes"},
    {"list", "2", "view-servers", "Servers of the sandboxes marked or selected"},
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
    {"global", "", "view-servers", "Show the servers of this sandbox"},
    {"global", "", "view-servers-all", "Show the servers of all sandboxes"},
    {"global", "", "view-logs", "Follow the logs of this sandbox's servers"},
    {"global", "", "quit", "Quit; sandboxes and terminals go on running"},
    {"global", "C-r", "refresh", "Ask the gateway again"},
    {"global", "C-c", "cancel", "Cancel what is under way; twice, quit"},
    {0},
};

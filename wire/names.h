/* SPDX-License-Identifier: MIT
 *
 * Names that both ends of the wire must spell alike (protocol.md, and design.md for extensions).
 */
#ifndef WIRE_NAMES_H
#define WIRE_NAMES_H

#define MSG_SUBSCRIBE          "subscribe"
#define MSG_UNSUBSCRIBE        "unsubscribe"
#define MSG_CONNECTED          "connected"
#define MSG_ERROR              "error"
#define MSG_TERMINAL_CREATED   "terminal:created"
#define MSG_TERMINAL_DESTROYED "terminal:destroyed"
#define MSG_TERMINAL_INPUT     "terminal:input"
#define MSG_TERMINAL_OUTPUT    "terminal:output"
#define MSG_TERMINAL_RESIZE    "terminal:resize"
#define MSG_TERMINAL_ERROR     "terminal:error"
/* Extension `terminal-size`: data {terminal_id, cols, rows}, on the terminal's channel. */
#define MSG_TERMINAL_RESIZED "terminal:resized"
/* Extension `input-ack`. A client that numbers its input (terminal:input with `client`, a random
 * string of its own, and `seq`, 1, 2, 3… per terminal) gets terminal:ack {terminal_id, client, seq}
 * on the connection it came by once the input up to seq was taken; input with a seq already taken
 * is acknowledged and dropped. So what was typed into a connection that broke can be sent again. */
#define MSG_TERMINAL_ACK "terminal:ack"
/* Extension `answers`. A program's questions (DA, DSR, colours…) are answered by the terminals of
 * those who subscribed and may type, or by the host while there are none. Whose subscribe frame
 * has `answers` does not count: "first" answers while nobody else does, "host" and what else it may
 * say never do. Beside such a one others count once, subscribed, they set the size or sent an
 * answer. Such a subscriber is told terminal:answers {terminal_id, you}, before any output and when
 * it changes. terminal:colours {terminal_id, colours}, to the host: those it answers with, 19 times
 * rrggbb: text, ground, cursor and the palette's first 16. */
#define MSG_TERMINAL_ANSWERS "terminal:answers"
#define MSG_TERMINAL_COLOURS "terminal:colours"
#define ANSWERS_BY_HOST      "host"
#define ANSWERS_BY_FIRST     "first"
#define MSG_COMMAND_START    "command:start"
#define MSG_COMMAND_STDOUT   "command:stdout"
#define MSG_COMMAND_STDERR   "command:stderr"
#define MSG_COMMAND_EXIT     "command:exit"
/* Extension `list`, on the gateway's /v1/ws: channel `sandboxes`, flat data as in wire/sandbox.h.
 */
#define MSG_SANDBOX_CREATED "sandbox:created"
#define MSG_SANDBOX_UPDATED "sandbox:updated"
#define MSG_SANDBOX_DELETED "sandbox:deleted"
/* Sent once after the subscription's first listing has been pushed as sandbox:created messages. */
#define MSG_SANDBOX_SYNCED "sandbox:synced"

#define MSG_FILE_CHANGED      "file:changed"
#define MSG_WATCHER_CREATED   "watcher:created"
#define MSG_WATCHER_DESTROYED "watcher:destroyed"
/* Not in the protocol: events of a watcher were lost, those that follow heal what can be healed. */
#define MSG_WATCHER_OVERFLOW "watcher:overflow"

/* Data {signal: port | server-ready | error, port?, type?, url?, message?}. */
#define MSG_SIGNAL "signal"
/* Extension `server-log`, channel server:<slug>: server:log {slug, stream, output, offset} as the
 * output comes, offset being how many bytes of both streams were before it (a gap: GET
 * …/logs?since=), and server:status {slug, status, port?, url?, pid?, exit_code?, restart_count,
 * healthy?}. */
#define MSG_SERVER_LOG    "server:log"
#define MSG_SERVER_STATUS "server:status"

/* Extension `activity`, channel `activity`, always text. After the subscription terminal:activity
 * of every PTY terminal and sandbox:activity, then activity:synced; later those that change, and
 * terminal:destroyed. terminal:activity {terminal_id, title, command, with, error, note, frozen_by,
 * rows, cols, viewers, output_bytes, bells, commands, failed_row, same_error, last_exit,
 * output_age, input_age, bell_age, hand_age, command_age, exit_age, frozen_left, integrated}: ages
 * in ms before the message was sent, -1 never. sandbox:activity {servers_failed, failed_server,
 * error_signal, error_signal_age}. */
#define MSG_TERMINAL_ACTIVITY "terminal:activity"
#define MSG_SANDBOX_ACTIVITY  "sandbox:activity"
#define MSG_ACTIVITY_SYNCED   "activity:synced"
/* To the host, {terminal_id, who}: who takes part in it, until the connection ends or who is "". */
#define MSG_TERMINAL_PARTICIPATE "terminal:participate"
/* Extension `notice`, channel `activity`: {id, at, text, from, url}; the second has id only. */
#define MSG_NOTICE         "notice"
#define MSG_NOTICE_DELETED "notice:deleted"
/* The code of a terminal:error (extension `freeze`). */
#define ERROR_FROZEN "frozen"

#define CHANNEL_ACTIVITY        "activity"
#define CHANNEL_SIGNALS         "signals"
#define CHANNEL_SERVER_PREFIX   "server:"
#define CHANNEL_SANDBOXES       "sandboxes"
#define CHANNEL_TERMINAL_PREFIX "terminal:"
#define CHANNEL_COMMAND_PREFIX  "command:"
#define CHANNEL_WATCHER_PREFIX  "watcher:"

#define EXT_LIST          "list"
#define EXT_SNAPSHOT      "snapshot"
#define EXT_TERMINAL_SIZE "terminal-size"
#define EXT_INPUT_ACK     "input-ack"
#define EXT_ANSWERS       "answers"
#define EXT_OBSERVE       "observe"
#define EXT_SERVER_LOG    "server-log"
#define EXT_STATS         "stats"
#define EXT_ACTIVITY      "activity"
#define EXT_SEARCH        "search"
#define EXT_FREEZE        "freeze"
#define EXT_NOTICE        "notice"

/* Sandbox status. */
#define STATUS_CREATING   "creating"
#define STATUS_RUNNING    "running"
#define STATUS_DESTROYING "destroying"
/* Its daemon died and another one is being started; the gateway says why in `reason`. */
#define STATUS_RESTARTING "restarting"
/* Its daemon died and does not come back; the gateway says why in `reason`. */
#define STATUS_LOST "lost"

#endif

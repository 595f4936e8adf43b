/* SPDX-License-Identifier: MIT
 *
 * The sandbox API (protocol.md section 2): the route table, who may call, health and information.
 */
#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/clock.h"
#include "host/daemon/internal.h"
#include "wire/names.h"

#define BODY_SMALL ((size_t)1024 * 1024)
#define BODY_CHILD ((size_t)LINK_PACKET_MAX - 4096) /* it travels in one packet */
#define BODY_FILES ((size_t)8 * 1024 * 1024 * 1024) /* on the disk; in JSON */

/* --- who --- */

/* Our name under any port: a restarted gateway may listen on another one, and a proxy in front of
 * it has its own. It is the name that a rebinding page cannot have. */
bool daemon_host_allowed(struct slice host, void *user)
{
    const struct daemon *d = user;
    const char *rest = strstr(d->settings.url, "://");
    const char *own = rest ? rest + 3 : d->settings.url;
    size_t name_len = strcspn(own, ":/");

    if (host.len < name_len || strncasecmp(host.data, own, name_len) != 0)
        return false;
    if (host.len == name_len)
        return true;
    for (size_t i = name_len + 1; i < host.len; i++)
        if (!isdigit((unsigned char)host.data[i]))
            return false;
    return host.data[name_len] == ':' && host.len > name_len + 1;
}

/* --- health and information --- */

static void get_health(struct http_request *r, void *user)
{
    cJSON *o = cJSON_CreateObject();
    char iso[CLOCK_ISO_SIZE];

    cJSON_AddStringToObject(o, "status", "ok");
    cJSON_AddStringToObject(o, "timestamp", clock_format_iso(iso, clock_wall_ms()));
    http_reply_json(r, 200, o);
}

static void get_ready(struct http_request *r, void *user)
{
    struct daemon *d = user;
    cJSON *o = cJSON_CreateObject();
    bool healthy = true, ready = servers_ready(&d->servers, o, &healthy) && !overlays_busy(d);

    cJSON_AddBoolToObject(o, "ready", ready);
    cJSON_AddBoolToObject(o, "healthy", healthy);
    overlays_describe(d, o);
    http_reply_json(r, 200, o);
}

static cJSON *envelope(const char *message, cJSON **data)
{
    cJSON *o = cJSON_CreateObject();

    cJSON_AddStringToObject(o, "message", message);
    *data = cJSON_AddObjectToObject(o, "data");
    return o;
}

static void get_info(struct http_request *r, void *user)
{
    static const char *const extensions[] = {
        EXT_SNAPSHOT, EXT_TERMINAL_SIZE, EXT_INPUT_ACK, EXT_ANSWERS, EXT_OBSERVE, EXT_SERVER_LOG,
        EXT_STATS,    EXT_ACTIVITY,      EXT_FREEZE,    EXT_SEARCH,  EXT_NOTICE};
    const struct daemon *d = user;
    cJSON *data, *o = envelope("sandpit sandbox", &data);

    cJSON_AddBoolToObject(data, "auth_enabled", true);
    cJSON_AddStringToObject(data, "main_subdomain", d->settings.subdomain);
    cJSON_AddNumberToObject(data, "sandbox_count", 1 + d->n_children);
    cJSON_AddStringToObject(data, "sandbox_url", d->settings.url);
    cJSON_AddStringToObject(data, "version",
                            *d->settings.version ? d->settings.version : SANDPIT_VERSION);
    cJSON_AddItemToObject(data, "limits", limits_in_force(&d->settings.limits, &d->settings.means));
    cJSON_AddStringToObject(data, "network",
                            d->settings.means.private_network ? "private" : "shared");
    cJSON_AddBoolToObject(data, "outbound", d->settings.means.outbound);
    cJSON_AddItemToObject(data, "extensions",
                          cJSON_CreateStringArray(extensions, (int)ARRAY_LEN(extensions)));
    http_reply_json(r, 200, o);
}

const struct http_route daemon_routes[] = {
    {"GET", "/health", HTTP_OPEN, get_health},
    {"GET", "/ready", HTTP_OPEN, get_ready},
    {"GET", "/info", HTTP_READ, get_info},
    {"GET", "/stats", HTTP_READ, api_stats},
    {"GET", "/auth/status", HTTP_OPEN, api_auth_status},
    {"GET", "/auth/info", HTTP_OPEN, api_auth_info},
    {"POST", "/auth/session_tokens", HTTP_OWNER, api_token_create, BODY_SMALL},
    {"GET", "/auth/session_tokens", HTTP_OWNER, api_token_list},
    {"GET", "/auth/session_tokens/:id", HTTP_OWNER, api_token_get},
    {"DELETE", "/auth/session_tokens/:id", HTTP_OWNER, api_token_delete},
    {"POST", "/auth/magic-links", HTTP_OWNER, api_magic_create, BODY_SMALL},
    {"GET", "/auth/magic/:secret", HTTP_OPEN, api_magic_redeem},
    {"GET", "/play", HTTP_OPEN, api_play},
    {"GET", "/play/", HTTP_OPEN, api_play},
    {"GET", "/play/:asset", HTTP_OPEN, api_play_asset},
    {"POST", "/run/command", HTTP_WRITE, api_run, BODY_SMALL},
    {"POST", "/execute", HTTP_WRITE, api_run, BODY_SMALL},
    {"POST", "/run/code", HTTP_WRITE, api_code, BODY_SMALL},
    {"POST", "/terminals", HTTP_WRITE, api_terminal_create, BODY_SMALL},
    {"GET", "/terminals", HTTP_READ, api_terminal_list},
    {"GET", "/terminals/:id", HTTP_READ, api_terminal_get},
    {"DELETE", "/terminals/:id", HTTP_WRITE, api_terminal_delete},
    {"POST", "/terminals/search", HTTP_READ, api_terminal_search, BODY_SMALL},
    {"POST", "/terminals/:id/hand", HTTP_WRITE, api_terminal_hand, BODY_SMALL},
    {"POST", "/terminals/:id/freeze", HTTP_OWNER, api_terminal_freeze, BODY_SMALL},
    {"POST", "/terminals/:id/execute", HTTP_WRITE, api_command_execute, BODY_SMALL},
    {"GET", "/terminals/:id/commands", HTTP_READ, api_command_list},
    {"GET", "/terminals/:id/commands/:cmd", HTTP_READ, api_command_get},
    {"GET", "/terminals/:id/commands/:cmd/wait", HTTP_READ, api_command_wait},
    {"POST", "/notices", HTTP_OWNER, api_notice_create, BODY_SMALL},
    {"GET", "/notices", HTTP_READ, api_notice_list},
    {"DELETE", "/notices/:id", HTTP_OWNER, api_notice_delete},
    {"POST", "/watchers", HTTP_WRITE, api_watcher_create, BODY_SMALL},
    {"GET", "/watchers", HTTP_READ, api_watcher_list},
    {"GET", "/watchers/:id", HTTP_READ, api_watcher_get},
    {"DELETE", "/watchers/:id", HTTP_WRITE, api_watcher_delete},
    {"POST", "/servers", HTTP_WRITE, api_server_create, BODY_SMALL},
    {"GET", "/servers", HTTP_READ, api_server_list},
    {"GET", "/servers/:slug", HTTP_READ, api_server_get},
    {"DELETE", "/servers/:slug", HTTP_WRITE, api_server_delete},
    {"POST", "/servers/:slug/stop", HTTP_WRITE, api_server_stop},
    {"POST", "/servers/:slug/restart", HTTP_WRITE, api_server_restart},
    {"GET", "/servers/:slug/logs", HTTP_READ, api_server_logs},
    {"PATCH", "/servers/:slug/status", HTTP_WRITE, api_server_status, BODY_SMALL},
    {"POST", "/signals/start", HTTP_WRITE, api_signals_start},
    {"POST", "/signals/stop", HTTP_WRITE, api_signals_stop},
    {"GET", "/signals/status", HTTP_READ, api_signals_status},
    {"POST", "/signals/port", HTTP_WRITE, api_signals_port, BODY_SMALL},
    {"POST", "/signals/port/:port/:type", HTTP_WRITE, api_signals_port_path},
    {"POST", "/signals/error", HTTP_WRITE, api_signals_error, BODY_SMALL},
    {"POST", "/signals/server-ready", HTTP_WRITE, api_signals_server_ready, BODY_SMALL},
    {"GET", "/files", HTTP_READ, api_file_list},
    {"POST", "/files", HTTP_WRITE, api_file_write, BODY_FILES},
    {"POST", "/files/batch", HTTP_WRITE, api_file_batch, BODY_FILES},
    {"GET", "/files/*path", HTTP_READ, api_file_get},
    {"HEAD", "/files/*path", HTTP_READ, api_file_head},
    {"DELETE", "/files/*path", HTTP_WRITE, api_file_delete},
    {"GET", "/env", HTTP_READ, api_env_get},
    {"HEAD", "/env", HTTP_READ, api_env_head},
    {"POST", "/env", HTTP_WRITE, api_env_update, BODY_SMALL},
    {"DELETE", "/env", HTTP_WRITE, api_env_remove, BODY_SMALL},
    {"POST", "/filesystem/overlays", HTTP_WRITE, api_overlay_create, BODY_SMALL},
    {"GET", "/filesystem/overlays", HTTP_READ, api_overlay_list},
    {"GET", "/filesystem/overlays/:id", HTTP_READ, api_overlay_get},
    {"DELETE", "/filesystem/overlays/:id", HTTP_WRITE, api_overlay_delete},
    {"POST", "/sandboxes", HTTP_WRITE, api_child_create, BODY_CHILD},
    {"GET", "/sandboxes", HTTP_READ, api_child_list},
    {"GET", "/sandboxes/:id", HTTP_READ, api_child_get},
    {"DELETE", "/sandboxes/:id", HTTP_WRITE, api_child_delete},
    {"GET", "/ws", HTTP_READ, api_ws},
    {NULL},
};

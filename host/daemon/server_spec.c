/* SPDX-License-Identifier: MIT */
#include "host/daemon/server_spec.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/text.h"
#include "host/daemon/command.h"

#define NS_PER_MS  1000000.0
#define MS_MAX     ((double)24 * 3600 * 1000)
#define HEALTH_MIN 20 /* between checks */

static const char *const policies[] = {"never", "on-failure", "always"};

bool slug_valid(const char *slug)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                  "0123456789-_.";
    size_t n = strlen(slug);

    return n && n <= SLUG_MAX && strspn(slug, allowed) == n && slug[0] != '.';
}

/* --- reading --- */

static const cJSON *option(const cJSON *options, const char *name)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(options, name);

    return cJSON_IsNull(item) ? NULL : item;
}

static int read_text(const cJSON *options, const char *name, char **text, struct err *e)
{
    const cJSON *item = option(options, name);

    if (!item)
        return 0;
    if (!cJSON_IsString(item))
        return err_set(e, ERR_ARG, "%s is not a text", name);
    if (strlen(item->valuestring) > COMMAND_TEXT_MAX)
        return err_set(e, ERR_ARG, "%s is longer than %zu bytes", name, COMMAND_TEXT_MAX);
    if (!utf8_valid(item->valuestring, strlen(item->valuestring)))
        return err_set(e, ERR_ARG, "%s is not UTF-8", name);
    if (*item->valuestring)
        *text = xstrdup(item->valuestring);
    return 0;
}

static int read_flag(const cJSON *options, const char *name, bool *flag, struct err *e)
{
    const cJSON *item = option(options, name);

    if (!item)
        return 0;
    if (!cJSON_IsBool(item))
        return err_set(e, ERR_ARG, "%s is not true or false", name);
    *flag = cJSON_IsTrue(item);
    return 0;
}

static int read_number(const cJSON *options, const char *name, double max, int64_t *number,
                       struct err *e)
{
    const cJSON *item = option(options, name);

    if (!item)
        return 0;
    if (!cJSON_IsNumber(item) || !(item->valuedouble >= 0 && item->valuedouble <= max))
        return err_set(e, ERR_ARG, "%s is not a number from 0 to %.0f", name, max);
    *number = (int64_t)item->valuedouble;
    return 0;
}

static int read_names(struct server_spec *s, const cJSON *options, struct err *e)
{
    int r = read_text(options, "slug", &s->slug, e);

    if (!r && (!s->slug || !slug_valid(s->slug)))
        r = err_set(e, ERR_ARG,
                    s->slug ? "slug has other characters than letters, digits, -, _ and ., or "
                              "more than 63"
                            : "slug is missing");
    if (!r)
        r = read_text(options, "start", &s->start, e);
    if (!r && !s->start)
        r = err_set(e, ERR_ARG, "start is missing");
    if (!r)
        r = read_text(options, "install", &s->install, e);
    if (!r)
        r = read_text(options, "path", &s->path, e);
    if (!r)
        r = read_text(options, "env_file", &s->env_file, e);
    return r;
}

static int read_environment(struct server_spec *s, const cJSON *options, struct err *e)
{
    const cJSON *environment = option(options, "environment"), *item;

    if (!environment)
        return 0;
    if (!cJSON_IsObject(environment) || cJSON_GetArraySize(environment) > ENVIRONMENT_MAX)
        return err_set(e, ERR_ARG, "environment is not an object of at most %d texts",
                       ENVIRONMENT_MAX);
    cJSON_ArrayForEach (item, environment) {
        if (!cJSON_IsString(item) || !*item->string || strchr(item->string, '=') ||
            !utf8_valid(item->string, strlen(item->string)) ||
            !utf8_valid(item->valuestring, strlen(item->valuestring)))
            return err_set(e, ERR_ARG, "environment holds something that is no name with a text");
    }
    s->environment = cJSON_Duplicate(environment, true);
    return 0;
}

static int read_port(struct server_spec *s, const cJSON *options, struct err *e)
{
    const cJSON *port = option(options, "port");

    if (!port)
        return 0;
    if (!cJSON_IsNumber(port) || port->valuedouble != port->valueint || port->valueint < 1 ||
        port->valueint > 65535)
        return err_set(e, ERR_ARG, "port is not a number from 1 to 65535");
    s->port = port->valueint;
    return 0;
}

static int read_restart(struct server_spec *s, const cJSON *options, struct err *e)
{
    cleanup_free char *policy = NULL;
    int64_t max_restarts = 0;
    size_t i = 0;
    int r = read_text(options, "restart_policy", &policy, e);

    if (!r && policy) {
        while (i < ARRAY_LEN(policies) && strcmp(policy, policies[i]) != 0)
            i++;
        if (i == ARRAY_LEN(policies))
            r = err_set(e, ERR_ARG, "restart_policy is not never, on-failure or always");
        s->policy = (enum restart_policy)i;
    }
    if (!r)
        r = read_number(options, "max_restarts", 1e6, &max_restarts, e);
    s->max_restarts = (int)max_restarts;
    if (!r)
        r = read_number(options, "restart_delay_ms", MS_MAX, &s->restart_delay_ms, e);
    if (!r)
        r = read_number(options, "stop_timeout_ms", MS_MAX, &s->stop_timeout_ms, e);
    return r;
}

static int read_depends(struct server_spec *s, const cJSON *options, struct err *e)
{
    const cJSON *depends = option(options, "depends_on"), *item;

    if (!depends)
        return 0;
    if (!cJSON_IsArray(depends) || cJSON_GetArraySize(depends) > DEPENDS_MAX)
        return err_set(e, ERR_ARG, "depends_on is not a list of at most %d ids", DEPENDS_MAX);
    cJSON_ArrayForEach (item, depends) {
        if (!cJSON_IsString(item) || !*item->valuestring || strlen(item->valuestring) > SLUG_MAX)
            return err_set(e, ERR_ARG, "depends_on holds something that is no id");
        s->depends[s->n_depends++] = xstrdup(item->valuestring);
    }
    return 0;
}

static int read_overlays(struct server_spec *s, const cJSON *options, struct err *e)
{
    const cJSON *one = option(options, "overlay"), *more = option(options, "overlays"), *item;

    if (!one && !more)
        return 0;
    if ((one && !cJSON_IsObject(one)) || (more && !cJSON_IsArray(more)) ||
        (size_t)cJSON_GetArraySize(more) + !!one + s->n_depends > DEPENDS_MAX)
        return err_set(e, ERR_ARG, "overlay is not an object, or overlays no list of some");
    s->overlays = cJSON_CreateArray();
    if (one)
        cJSON_AddItemToArray(s->overlays, cJSON_Duplicate(one, true));
    cJSON_ArrayForEach (item, more) {
        if (!cJSON_IsObject(item))
            return err_set(e, ERR_ARG, "overlays holds something that is no object");
        cJSON_AddItemToArray(s->overlays, cJSON_Duplicate(item, true));
    }
    return 0;
}

static bool path_clean(const char *path)
{
    for (; *path; path++)
        if ((unsigned char)*path <= ' ' || *path == 0x7f)
            return false;
    return true;
}

static int read_health(struct health_options *h, const cJSON *options, struct err *e)
{
    const cJSON *health = option(options, "health_check");
    int r;

    *h = (struct health_options){.interval_ms = 2000, .timeout_ms = 1500, .delay_ms = 5000};
    if (!health)
        return 0;
    if (!cJSON_IsObject(health))
        return err_set(e, ERR_ARG, "health_check is not an object");
    r = read_text(health, "path", &h->path, e);
    /* It goes into a request line. */
    if (!r && h->path && (!path_clean(h->path) || strlen(h->path) > 4096))
        r = err_set(e, ERR_ARG, "health_check.path is not a path of printable characters");
    if (!r)
        r = read_number(health, "interval_ms", MS_MAX, &h->interval_ms, e);
    if (!r)
        r = read_number(health, "timeout_ms", MS_MAX, &h->timeout_ms, e);
    if (!r)
        r = read_number(health, "delay_ms", MS_MAX, &h->delay_ms, e);
    if (r)
        return r;
    if (!h->path || h->path[0] != '/') {
        char *path = xasprintf("/%s", h->path ? h->path : "");

        free(h->path);
        h->path = path;
    }
    if (h->interval_ms < HEALTH_MIN)
        h->interval_ms = HEALTH_MIN;
    if (h->timeout_ms < HEALTH_MIN)
        h->timeout_ms = HEALTH_MIN;
    h->wanted = true;
    return 0;
}

int server_spec_read(struct server_spec *s, const cJSON *options, struct err *e)
{
    int r;

    *s =
        (struct server_spec){.autostart = true, .restart_delay_ms = 1000, .stop_timeout_ms = 10000};
    if (!cJSON_IsObject(options))
        return err_set(e, ERR_ARG, "a server is an object");
    r = read_names(s, options, e);
    if (!r)
        r = read_environment(s, options, e);
    if (!r)
        r = read_port(s, options, e);
    if (!r)
        r = read_flag(options, "strict_port", &s->strict_port, e);
    if (!r)
        r = read_flag(options, "autostart", &s->autostart, e);
    if (!r)
        r = read_restart(s, options, e);
    if (!r)
        r = read_depends(s, options, e);
    if (!r)
        r = read_overlays(s, options, e);
    if (!r)
        r = read_health(&s->health, options, e);
    if (r)
        server_spec_finish(s);
    return r;
}

/* --- writing --- */

static void add_text(cJSON *object, const char *name, const char *text)
{
    if (text)
        cJSON_AddStringToObject(object, name, text);
}

static void add_health(cJSON *object, const struct health_options *h)
{
    cJSON *health = cJSON_AddObjectToObject(object, "health_check");

    cJSON_AddStringToObject(health, "path", h->path);
    cJSON_AddNumberToObject(health, "interval_ms", (double)h->interval_ms);
    cJSON_AddNumberToObject(health, "timeout_ms", (double)h->timeout_ms);
    cJSON_AddNumberToObject(health, "delay_ms", (double)h->delay_ms);
}

void server_spec_write(const struct server_spec *s, cJSON *object, bool as_answer)
{
    cJSON_AddStringToObject(object, "slug", s->slug);
    cJSON_AddStringToObject(object, "start", s->start);
    add_text(object, "install", s->install);
    add_text(object, "env_file", s->env_file);
    if (s->environment)
        cJSON_AddItemToObject(object, "environment", cJSON_Duplicate(s->environment, true));
    cJSON_AddBoolToObject(object, "strict_port", s->strict_port);
    cJSON_AddBoolToObject(object, "autostart", s->autostart);
    cJSON_AddStringToObject(object, "restart_policy", policies[s->policy]);
    cJSON_AddNumberToObject(object, "max_restarts", s->max_restarts);
    if (s->n_depends)
        cJSON_AddItemToObject(
            object, "depends_on",
            cJSON_CreateStringArray((const char *const *)s->depends, (int)s->n_depends));
    if (s->health.wanted)
        add_health(object, &s->health);
    if (as_answer) {
        cJSON_AddNumberToObject(object, "restart_delay", (double)s->restart_delay_ms * NS_PER_MS);
        cJSON_AddNumberToObject(object, "stop_timeout", (double)s->stop_timeout_ms * NS_PER_MS);
        add_text(object, "original_path", s->path);
        return;
    }
    cJSON_AddNumberToObject(object, "restart_delay_ms", (double)s->restart_delay_ms);
    cJSON_AddNumberToObject(object, "stop_timeout_ms", (double)s->stop_timeout_ms);
    add_text(object, "path", s->path);
    if (s->port)
        cJSON_AddNumberToObject(object, "port", s->port);
}

void server_spec_finish(struct server_spec *s)
{
    free(s->slug);
    free(s->start);
    free(s->install);
    free(s->path);
    free(s->env_file);
    free(s->health.path);
    cJSON_Delete(s->environment);
    cJSON_Delete(s->overlays);
    for (size_t i = 0; i < s->n_depends; i++)
        free(s->depends[i]);
    memset(s, 0, sizeof *s);
}

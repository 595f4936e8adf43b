/* SPDX-License-Identifier: MIT
 *
 * A new sandbox: form, request, answer. What templates and snapshots there are is asked while the
 * form stands, for Tab to complete.
 */
#include "views/sandbox_form.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/text.h"
#include "client/snapshot.h"
#include "client/template.h"
#include "views/dialog.h"
#include "views/pairs.h"
#include "views/sandboxes.h"

#define WORDS_MAX 200 /* completed at most */
/* Older than that, an answer is about a sandbox that was there before. */
#define FRESH_MS 3000

enum {
    NS,
    NAME,
    LIFETIME,
    EXISTING,
    TEMPLATE,
    SNAPSHOT,
    DIRECTORY,
    ENVS,
    METADATA,
    MEMORY,
    PROCESSES,
    DISK,
    FILES,
    NETWORK,
    CONTEXT, /* the last: left out while there is but one */
    N_FIELDS
};

struct words {
    char *items[WORDS_MAX]; /* owned */
    size_t n;
};

struct new_sandbox {
    struct views_env *env;
    struct view *dialog;
    struct request *request, *asking_templates, *asking_snapshots;
    struct words templates, snapshots;
    int64_t sent_ms; /* wall clock */
    bool was_known, may_exist;
    /* The contexts to choose from, when there are several. */
    struct form_field fields[N_FIELDS];
    char *names[FLEET_MAX];             /* owned */
    const char *choices[FLEET_MAX + 1]; /* the same */
};

static bool check_name(const char *value, char *reason, size_t cap)
{
    if (!strchr(value, '/') && strlen(value) <= 128)
        return true;
    snprintf(reason, cap, strchr(value, '/') ? "without \"/\"" : "at most 128 bytes");
    return false;
}

/* "alice/demo" typed or pasted as the name means both. */
static void split_name(struct form *f, int field)
{
    const char *text = form_text(f, field), *slash = strchr(text, '/');

    if (!slash || slash == text)
        return;
    cleanup_free char *ns = xstrndup(text, (size_t)(slash - text));
    cleanup_free char *name = xstrdup(slash + 1);
    form_set(f, NS, ns);
    form_set(f, field, name);
}

static const char *const existing_choices[] = {"fail", "take it", NULL};
static const char *const network_choices[] = {"the gateway's", "shared", "private", NULL};

static const struct form_field fields[N_FIELDS] = {
    [NS] = {.label = "Namespace",
            .required = true,
            .check = check_name,
            .help = "who it belongs to"},
    [NAME] = {.label = "Name",
              .placeholder = "none",
              .check = check_name,
              .changed = split_name,
              .help = "unique in the namespace; alice/demo sets both"},
    [LIFETIME] = {.label = "Lifetime",
                  .kind = FORM_DURATION,
                  .placeholder = "no end",
                  .min = 1000,
                  .help = "90s, 30m, 1h30m, 2d: then it is destroyed"},
    [EXISTING] = {.label = "If it exists",
                  .kind = FORM_CHOICE,
                  .choices = existing_choices,
                  .help = "take it: find the one of that name, else create"},
    [TEMPLATE] = {.label = "Template",
                  .placeholder = "this gateway's default",
                  .help = "Tab completes those that the gateway has"},
    [SNAPSHOT] = {.label = "Snapshot",
                  .placeholder = "none",
                  .help = "instead of a template; Tab completes"},
    [DIRECTORY] = {.label = "Directory", .placeholder = "the home", .help = "where commands begin"},
    [ENVS] = {.label = "Environment",
              .placeholder = "none",
              .check = pairs_check,
              .help = "NAME=value NAME='two words'"},
    [METADATA] = {.label = "Metadata",
                  .placeholder = "none",
                  .check = pairs_check,
                  .help = "key=value key=value; the filter finds them: -l key=value"},
    [MEMORY] = {.label = "Memory",
                .placeholder = "no limit",
                .check = size_check,
                .help = "512m, 2g"},
    [PROCESSES] = {.label = "Processes",
                   .kind = FORM_NUMBER,
                   .placeholder = "the gateway's",
                   .min = 8,
                   .max = 4194304,
                   .help = "with threads, and about six of its own"},
    [DISK] = {.label = "Disk", .placeholder = "no limit", .check = size_check, .help = "512m, 10g"},
    [FILES] = {.label = "Open files",
               .kind = FORM_NUMBER,
               .placeholder = "the gateway's",
               .min = 32,
               .max = 1048576,
               .help = "in one process"},
    [NETWORK] = {.label = "Network",
                 .kind = FORM_CHOICE,
                 .choices = network_choices,
                 .help = "private: a loopback and ports of its own"},
    [CONTEXT] = {.label = "Context",
                 .kind = FORM_CHOICE,
                 .help = "which gateway makes it; templates are completed from the first"},
};

/* --- completion --- */

static void words_finish(struct words *w)
{
    for (size_t i = 0; i < w->n; i++)
        free(w->items[i]);
    w->n = 0;
}

static void words_add(struct words *w, const char *word)
{
    char clean[256];

    if (w->n < WORDS_MAX)
        w->items[w->n++] = xstrdup(text_sanitise(clean, sizeof clean, word, strlen(word)));
}

static bool complete(void *user, const char *text, size_t start, size_t end, unsigned turn,
                     struct buf *out)
{
    const struct words *w = user;
    size_t hits = 0;

    for (size_t i = 0; i < w->n; i++)
        hits += strncmp(w->items[i], text + start, end - start) == 0;
    if (!hits)
        return false;
    size_t wanted = turn % hits;
    for (size_t i = 0; i < w->n; i++) {
        if (strncmp(w->items[i], text + start, end - start) != 0 || wanted-- > 0)
            continue;
        buf_append_str(out, w->items[i]);
        break;
    }
    return true;
}

static void on_templates(void *user, const struct template_info *all, size_t n, const struct err *e)
{
    struct new_sandbox *s = user;

    s->asking_templates = NULL;
    for (size_t i = 0; i < n; i++)
        words_add(&s->templates, all[i].name);
}

static void on_snapshots(void *user, const struct snapshot_info *all, size_t n, const struct err *e)
{
    struct new_sandbox *s = user;

    s->asking_snapshots = NULL;
    for (size_t i = 0; i < n; i++)
        words_add(&s->snapshots, all[i].id);
}

/* --- the request --- */

static void closed(void *user)
{
    struct new_sandbox *n = user;

    request_cancel(n->request);
    request_cancel(n->asking_templates);
    request_cancel(n->asking_snapshots);
    words_finish(&n->templates);
    words_finish(&n->snapshots);
    for (size_t i = 0; i < FLEET_MAX; i++)
        free(n->names[i]);
    free(n);
}

static void aborted(void *user)
{
    struct new_sandbox *n = user;

    request_cancel(n->request);
    n->request = NULL;
    /* It was on its way: a gateway that only was slow makes it. */
    tui_toast(n->env->tui, ROLE_WARN, "Not waited for; the gateway may make it all the same");
}

static void select_when_listed(struct views_env *env, const char *id)
{
    struct view *home = env->state->sandboxes;
    struct sandboxes *s = home ? home->data : NULL;

    if (!s)
        return;
    free(s->select_id);
    s->select_id = xstrdup(id);
    view_damage(home);
}

static void done(void *user, const struct sandbox_info *info, const struct err *e)
{
    struct new_sandbox *n = user;
    char name[160], key[24];

    n->request = NULL;
    if (e) {
        form_dialog_fail(n->dialog, e);
        return;
    }
    bool found = n->may_exist &&
                 (n->was_known || (info->created_ms && info->created_ms + FRESH_MS < n->sent_ms));
    select_when_listed(n->env, info->id);
    keymap_hint(tui_keymap(n->env->tui), "sandboxes", "sandbox-open", key, sizeof key);
    cleanup_free char *full =
        *info->name ? xasprintf("%s/%s", info->ns, info->name) : xstrdup(info->id);
    text_sanitise(name, sizeof name, full, strlen(full));
    if (found)
        tui_toast(n->env->tui, ROLE_GOOD, "\xe2\x9c\x93 %s was there already; %s opens its shell",
                  name, key);
    else
        tui_toast(n->env->tui, ROLE_GOOD, "\xe2\x9c\x93 created %s; %s opens its shell", name, key);
    form_dialog_done(n->dialog);
}

static const char *text_or_null(const struct form *f, int field)
{
    const char *text = form_text(f, field);

    return *text ? text : NULL;
}

static cJSON *pairs_of(const struct form *f, int field)
{
    char reason[128];

    return *form_text(f, field) ? pairs_parse(form_text(f, field), reason, sizeof reason) : NULL;
}

static cJSON *limits_of(const struct form *f)
{
    cJSON *limits = cJSON_CreateObject();
    int64_t bytes;

    if (size_parse(form_text(f, MEMORY), &bytes))
        cJSON_AddNumberToObject(limits, "memoryBytes", (double)bytes);
    if (form_number(f, PROCESSES))
        cJSON_AddNumberToObject(limits, "processes", (double)form_number(f, PROCESSES));
    if (size_parse(form_text(f, DISK), &bytes))
        cJSON_AddNumberToObject(limits, "diskBytes", (double)bytes);
    if (form_number(f, FILES))
        cJSON_AddNumberToObject(limits, "openFiles", (double)form_number(f, FILES));
    if (!limits->child) {
        cJSON_Delete(limits);
        return NULL;
    }
    return limits;
}

/* NULL: it was taken out of the list meanwhile. */
static struct gateway *chosen(const struct new_sandbox *n, const struct form *f)
{
    if (f->n_fields <= CONTEXT)
        return n->env->gateway;
    return fleet_named(n->env->fleet, n->names[f->states[CONTEXT].choice]);
}

static bool excludes(struct new_sandbox *n, struct view *dialog, struct form *f)
{
    struct err e;

    if (!chosen(n, f))
        err_set(&e, ERR_NOT_FOUND, "that context is not listed any more");
    else if (n->may_exist && !*form_text(f, NAME))
        err_set(&e, ERR_ARG, "to find one it needs a name");
    else if (*form_text(f, TEMPLATE) && *form_text(f, SNAPSHOT))
        err_set(&e, ERR_ARG, "a template or a snapshot, not both");
    else
        return false;
    form_dialog_fail(dialog, &e);
    return true;
}

static void submit(void *user, struct view *dialog, struct form *f)
{
    struct new_sandbox *n = user;
    cJSON *envs = pairs_of(f, ENVS), *metadata = pairs_of(f, METADATA), *limits = limits_of(f);
    struct create_options options = {
        .ns = form_text(f, NS),
        .name = text_or_null(f, NAME),
        .timeout_ms = form_number(f, LIFETIME),
        .template_id = text_or_null(f, TEMPLATE),
        .snapshot_id = text_or_null(f, SNAPSHOT),
        .directory = text_or_null(f, DIRECTORY),
        .envs = envs,
        .metadata = metadata,
        .limits = limits,
        .network = f->states[NETWORK].choice ? network_choices[f->states[NETWORK].choice] : NULL,
    };

    n->dialog = dialog;
    n->may_exist = f->states[EXISTING].choice;
    if (!excludes(n, dialog, f)) {
        struct gateway *g = chosen(n, f);

        n->was_known = options.name && gateway_find_name(g, options.ns, options.name);
        n->sent_ms = clock_wall_ms();
        form_dialog_busy(dialog);
        n->request = n->may_exist ? gateway_find_or_create(g, &options, done, n)
                                  : gateway_create_sandbox(g, &options, done, n);
    }
    cJSON_Delete(envs);
    cJSON_Delete(metadata);
    cJSON_Delete(limits);
}

static const struct form_dialog_ops ops = {submit, aborted, closed};

void sandbox_form_open(struct views_env *env, const char *ns, const char *template_id,
                       const char *snapshot_id)
{
    struct form form;

    if (views_refuse_readonly(env))
        return;
    struct new_sandbox *n = xcalloc(1, sizeof *n);
    n->env = env;
    memcpy(n->fields, fields, sizeof fields);
    n->fields[CONTEXT].choices = n->choices;
    for (size_t i = 0; i < fleet_size(env->fleet); i++)
        n->choices[i] = n->names[i] = xstrdup(fleet_name(env->fleet, i));
    form_init(&form, "New sandbox", "create", n->fields,
              fleet_size(env->fleet) > 1 ? N_FIELDS : CONTEXT);
    form_preset(&form, NS, ns);
    form_preset(&form, TEMPLATE, template_id ? template_id : "");
    form_preset(&form, SNAPSHOT, snapshot_id ? snapshot_id : "");
    form.states[TEMPLATE].prompt.complete = form.states[SNAPSHOT].prompt.complete = complete;
    form.states[TEMPLATE].prompt.user = &n->templates;
    form.states[SNAPSHOT].prompt.user = &n->snapshots;
    form.focus = NAME;
    form_dialog_open(env, &form, &ops, n);
    n->asking_templates = template_list(env->gateway, on_templates, n);
    n->asking_snapshots = snapshot_list(env->gateway, on_snapshots, n);
}

/* SPDX-License-Identifier: MIT
 *
 * notice_tail → the notices kept, known by id → the panes of that sandbox are drawn again; where
 * none shows, a toast and the journal say it.
 *
 * Hosts send those of the last minutes again on every connection and to every new pane: what was
 * read or sent here is remembered beyond the bulletin.
 */
#include "views/bulletin.h"

#include <stdio.h>
#include <string.h>
#include <time.h>
#include <uthash.h>

#include "base/alloc.h"
#include "base/text.h"
#include "views/dialog.h"
#include "views/journal.h"
#include "views/shell.h"

#define ID_MAX        64
#define FROM_SIZE     64
#define LINE_SIZE     512
#define TEXTS_MAX     256
#define JOURNAL_CHARS 200
#define TIME_SIZE     8

struct entry {
    char *id, *from, *text, *url; /* owned */
    int64_t at_ms;
    bool is_unread;
};

struct bulletin {
    char *sandbox_id; /* owned */
    struct views_env *env;
    struct remote *remote; /* a reference */
    struct notice_tail *tail;
    int refs;
    struct entry entries[NOTICES_MAX]; /* oldest first */
    size_t n;
    int n_told; /* by toasts since they were read: more than it keeps would only be noise */
    UT_hash_handle hh;
};

/* Texts of late; the oldest goes. */
struct texts {
    char *all[TEXTS_MAX]; /* owned */
    size_t next;
};

struct bulletins {
    struct bulletin *open;   /* uthash */
    struct texts read, sent; /* ids; from, text and URL */
};

/* --- what is remembered --- */

static bool has_text(const struct texts *t, const char *text)
{
    for (size_t i = 0; i < TEXTS_MAX && t->all[i]; i++)
        if (strcmp(t->all[i], text) == 0)
            return true;
    return false;
}

/* text is taken over. */
static void keep_text(struct texts *t, char *text)
{
    if (has_text(t, text)) {
        free(text);
        return;
    }
    free(t->all[t->next]);
    t->all[t->next] = text;
    t->next = (t->next + 1) % TEXTS_MAX;
}

static void finish_texts(struct texts *t)
{
    for (size_t i = 0; i < TEXTS_MAX; i++)
        free(t->all[i]);
}

static struct bulletins *bulletins_of(const struct views_env *env)
{
    if (!env->state->bulletins)
        env->state->bulletins = xcalloc(1, sizeof *env->state->bulletins);
    return env->state->bulletins;
}

static char *content(const struct notice *n)
{
    return xasprintf("%s\n%s\n%s", n->from ? n->from : "", n->url ? n->url : "", n->text);
}

void bulletin_sent(struct views_env *env, const struct notice *n)
{
    keep_text(&bulletins_of(env)->sent, content(n));
}

void bulletins_destroy(struct bulletins *all)
{
    if (!all)
        return;
    finish_texts(&all->read);
    finish_texts(&all->sent);
    free(all);
}

/* --- as people read it --- */

static const char *sender(const struct entry *x, char out[FROM_SIZE])
{
    text_sanitise(out, FROM_SIZE, x->from, strlen(x->from));
    return *out ? out : "somebody";
}

static const char *time_of_day(int64_t at_ms, char out[TIME_SIZE])
{
    time_t seconds = (time_t)(at_ms / 1000);
    struct tm tm;

    out[0] = '\0';
    if (at_ms > 0 && localtime_r(&seconds, &tm))
        strftime(out, TIME_SIZE, "%H:%M", &tm);
    return out;
}

static void write_line(const struct entry *x, struct buf *out)
{
    char from[FROM_SIZE], at[TIME_SIZE], text[LINE_SIZE];

    buf_printf(out, "%s %s  %s", sender(x, from), time_of_day(x->at_ms, at),
               text_sanitise(text, sizeof text, x->text, strlen(x->text)));
    if (*x->url)
        buf_printf(out, "  %s", text_sanitise(text, sizeof text, x->url, strlen(x->url)));
}

/* Its lines stay lines. */
static void write_text(const char *text, struct buf *out)
{
    char line[NOTICE_TEXT_MAX + 1];

    while (*text) {
        size_t n = strcspn(text, "\n");

        buf_printf(out, "%s\n", text_sanitise(line, sizeof line, text, n));
        text += n + (text[n] == '\n');
    }
}

static void write_whole(const struct entry *x, struct buf *out)
{
    char from[FROM_SIZE], at[TIME_SIZE];

    buf_printf(out, "%s:  %s\n", sender(x, from), time_of_day(x->at_ms, at));
    write_text(x->text, out);
    write_text(x->url, out);
}

/* --- the notices of a sandbox --- */

static void finish_entry(struct entry *x)
{
    free(x->id);
    free(x->from);
    free(x->text);
    free(x->url);
}

static void remove_at(struct bulletin *b, size_t i)
{
    finish_entry(&b->entries[i]);
    memmove(b->entries + i, b->entries + i + 1, (--b->n - i) * sizeof b->entries[0]);
}

static size_t find(const struct bulletin *b, const char *id)
{
    size_t i = 0;

    while (i < b->n && strcmp(b->entries[i].id, id) != 0)
        i++;
    return i;
}

/* Draws the panes of it again; true: one of them is on the screen. */
static bool tell_panes(const struct bulletin *b)
{
    struct tui *t = b->env->tui;
    bool is_shown = false;

    for (struct view *v = tui_each_shown(t, NULL); v; v = tui_each_shown(t, v)) {
        const struct shell *sh = shell_of_view(v);

        if (!sh || sh->bulletin != b)
            continue;
        view_damage(v);
        is_shown = is_shown || view_is_shown(v);
    }
    tui_titles_changed(t);
    return is_shown;
}

static void announce(struct bulletin *b, const struct entry *x)
{
    char name[160], from[FROM_SIZE], text[LINE_SIZE];

    if (tell_panes(b) || b->n_told == NOTICES_MAX)
        return;
    b->n_told++;
    views_sandbox_name(b->env, b->sandbox_id, name, sizeof name);
    sender(x, from);
    text_sanitise(text, sizeof text, x->text, strlen(x->text));
    tui_toast(b->env->tui, ROLE_WARN, "\xc2\xbb %s to %s: %s", from, name, text);
    text_sanitise(text, JOURNAL_CHARS, x->text, strlen(x->text));
    cleanup_free char *note = xasprintf("message of %s to %s: %s", from, name, text);
    journal_note(b->env->journal, false, note);
}

static void on_notice(void *user, const struct notice *n)
{
    struct bulletin *b = user;
    const struct bulletins *all = bulletins_of(b->env);
    cleanup_free char *whole = content(n);

    if (strlen(n->id) > ID_MAX || find(b, n->id) < b->n || has_text(&all->sent, whole))
        return;
    if (b->n == NOTICES_MAX)
        remove_at(b, 0);
    struct entry *x = &b->entries[b->n++];
    *x = (struct entry){.id = xstrdup(n->id),
                        .from = xstrndup(n->from, FROM_SIZE),
                        .text = xstrndup(n->text, NOTICE_TEXT_MAX),
                        .url = xstrndup(n->url, NOTICE_TEXT_MAX),
                        .at_ms = n->at_ms,
                        .is_unread = !has_text(&all->read, n->id)};
    if (x->is_unread)
        announce(b, x);
}

static void on_gone(void *user, const char *id)
{
    struct bulletin *b = user;
    size_t i = find(b, id);

    if (i == b->n)
        return;
    remove_at(b, i);
    tell_panes(b);
}

static const struct notice_tail_ops tail_ops = {.on_notice = on_notice, .on_gone = on_gone};

/* --- public --- */

struct bulletin *bulletin_acquire(struct views_env *env, const char *sandbox_id)
{
    struct bulletins *all = bulletins_of(env);
    struct bulletin *b;

    HASH_FIND_STR(all->open, sandbox_id, b);
    if (!b) {
        b = xcalloc(1, sizeof *b);
        b->env = env;
        b->sandbox_id = xstrdup(sandbox_id);
        HASH_ADD_KEYPTR(hh, all->open, b->sandbox_id, strlen(b->sandbox_id), b);
        b->remote = fleet_remote(env->fleet, sandbox_id);
        b->tail = notice_tail_open(b->remote, &tail_ops, b);
    }
    b->refs++;
    return b;
}

void bulletin_release(struct bulletin *b)
{
    if (!b || --b->refs)
        return;
    HASH_DEL(b->env->state->bulletins->open, b);
    notice_tail_close(b->tail);
    remote_release(b->remote);
    while (b->n)
        remove_at(b, b->n - 1);
    free(b->sandbox_id);
    free(b);
}

size_t bulletin_unread(const struct bulletin *b)
{
    size_t n = 0;

    for (size_t i = 0; b && i < b->n; i++)
        n += b->entries[i].is_unread;
    return n;
}

void bulletin_line(const struct bulletin *b, struct buf *out)
{
    for (size_t i = b->n; i-- > 0;) {
        if (!b->entries[i].is_unread)
            continue;
        write_line(&b->entries[i], out);
        return;
    }
}

void bulletin_read(struct bulletin *b)
{
    struct bulletins *all = bulletins_of(b->env);
    cleanup_buf struct buf text = {0};
    char name[160];

    views_sandbox_name(b->env, b->sandbox_id, name, sizeof name);
    if (!b->n) {
        tui_toast(b->env->tui, ROLE_STATUS, "There are no messages to %s", name);
        return;
    }
    for (size_t i = b->n; i-- > 0;) {
        struct entry *x = &b->entries[i];

        write_whole(x, &text);
        buf_append_str(&text, i ? "\n" : "");
        if (x->is_unread)
            keep_text(&all->read, xstrdup(x->id));
        x->is_unread = false;
    }
    b->n_told = 0;
    tell_panes(b);
    cleanup_free char *title = xasprintf("Messages to %s", name);
    text_dialog_open(b->env, title, text.data);
}

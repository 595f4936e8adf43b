/* SPDX-License-Identifier: MIT */
#include "host/daemon/participant.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/text.h"
#include "host/daemon/internal.h"

struct participant {
    TAILQ_ENTRY(participant) entry;
    char terminal_id[24];
    char who[PARTICIPANT_MAX + 1];
};

static void tell(struct daemon *d, const char *terminal_id)
{
    struct terminal *t = terminal_find(&d->terminals, SLICE(terminal_id));

    if (t && t->session)
        activity_changed(t->session);
}

static void forget(struct socket *s, struct participant *p)
{
    TAILQ_REMOVE(&s->participants, p, entry);
    s->n_participants--;
    tell(s->d, p->terminal_id);
    free(p);
}

void participants_forget(struct socket *s)
{
    struct participant *p;

    while ((p = TAILQ_FIRST(&s->participants)))
        forget(s, p); // NOLINT(clang-analyzer-unix.Malloc)
}

/* Makes room by those whose terminal has ended. */
static struct participant *find(struct socket *s, const char *terminal_id)
{
    struct participant *p, *next, *found = NULL;

    for (p = TAILQ_FIRST(&s->participants); p; p = next) {
        next = TAILQ_NEXT(p, entry);
        if (!strcmp(p->terminal_id, terminal_id))
            found = p;
        else if (!terminal_find(&s->d->terminals, SLICE(p->terminal_id)))
            forget(s, p);
    }
    return found;
}

/* A comma in a name would make it two. */
static void read_name(struct slice who, char out[PARTICIPANT_MAX + 1])
{
    text_sanitise(out, PARTICIPANT_MAX + 1, who.len ? who.data : "", who.len);
    for (char *p = out; (p = strchr(p, ','));)
        *p = ' ';
}

void participant_say(struct socket *s, const struct message *m)
{
    const struct terminal *t = terminal_find(&s->d->terminals, message_string(m, "terminal_id"));
    struct participant *p = t ? find(s, t->id) : NULL;
    struct slice who = message_string(m, "who");

    if (!t || !t->session)
        return;
    if (!who.len) {
        if (p)
            forget(s, p);
        return;
    }
    if (!p && s->n_participants >= PARTICIPANTS_MAX)
        return;
    if (!p) {
        p = xcalloc(1, sizeof *p);
        memcpy(p->terminal_id, t->id, sizeof p->terminal_id);
        TAILQ_INSERT_TAIL(&s->participants, p, entry);
        s->n_participants++;
    }
    read_name(who, p->who);
    activity_changed(t->session);
}

/* Is name one of the list? */
static bool has_name(const char *list, const char *name)
{
    size_t n = strlen(name);

    for (const char *p = list; p; p = strchr(p, ',')) {
        p += strspn(p, ", ");
        if (!strncmp(p, name, n) && (p[n] == ',' || !p[n]))
            return true;
    }
    return false;
}

void participants_of(struct daemon *d, const char *terminal_id, char *out, size_t cap)
{
    const struct participant *p;
    struct socket *s;
    size_t n = 0;

    out[0] = '\0';
    TAILQ_FOREACH (s, &d->sockets.list, entry) {
        TAILQ_FOREACH (p, &s->participants, entry) {
            if (strcmp(p->terminal_id, terminal_id) != 0 || has_name(out, p->who) ||
                n + strlen(p->who) + 3 > cap)
                continue;
            n += (size_t)snprintf(out + n, cap - n, "%s%s", n ? ", " : "", p->who);
        }
    }
}

/* SPDX-License-Identifier: MIT
 *
 * How fast output is read that nobody reads word by word: what is only glanced at, and what floods
 * while somebody types elsewhere.
 */
#include "base/clock.h"
#include "views/attachment_internal.h"

#define GLANCE_MS 100
/* For so long after a key in another sandbox this one's flood is read slowly: there is the time and
 * the room that its echo needs. In the same sandbox the host sees to that. */
#define BESIDE_MS          2000
#define BESIDE_BYTES_PER_S (400u << 10)
#define BESIDE_TURN_MS     40

bool attachment_only_glanced_at(const struct attachment *a)
{
    const struct attachment_viewer *v;

    LIST_FOREACH (v, &a->viewers, link)
        if (!v->glances)
            return false;
    return !LIST_EMPTY(&a->viewers);
}

static bool types_elsewhere(const struct attachment *a, int64_t now_ms)
{
    const struct views_state *s = a->env->state;

    return s->typed_ms && now_ms - s->typed_ms < BESIDE_MS && s->typed_remote != a->remote;
}

/* The snapshot it begins with always passes. */
bool attachment_read_on(struct attachment *a, size_t n)
{
    int64_t now_ms = clock_mono_ms();
    bool glanced = attachment_only_glanced_at(a);

    if (!a->settled || (!glanced && !types_elsewhere(a, now_ms)))
        return true;
    unsigned bytes_per_s = glanced ? GLANCE_BYTES_PER_S : BESIDE_BYTES_PER_S;
    double turn_ms = glanced ? GLANCE_MS : BESIDE_TURN_MS, now = (double)now_ms;

    a->read_until_ms = a->read_until_ms > now ? a->read_until_ms : now;
    a->read_until_ms += (double)n * 1000 / bytes_per_s;
    if (a->read_until_ms < now + turn_ms)
        return true;
    a->read_until_ms = now + turn_ms;
    tick_after(a->glance, (int64_t)turn_ms);
    return false;
}

void attachment_on_glance(void *user)
{
    struct attachment *a = user;

    channel_resume(a->channel);
}

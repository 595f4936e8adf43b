/* SPDX-License-Identifier: MIT
 *
 * Fields are prompts with a check. A reason appears once its field was touched, so that an empty
 * form does not open with complaints. Drawing is in form_draw.c.
 */
#include "tui/form.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"

bool form_parse_duration(const char *text, int64_t *ms)
{
    static const struct {
        char unit;
        int64_t ms;
    } units[] = {{'d', 86400000}, {'h', 3600000}, {'m', 60000}, {'s', 1000}};
    const char *p = text;
    int64_t sum = 0;

    if (!*p)
        return false;
    while (*p) {
        int64_t n = 0;
        size_t digits = strspn(p, "0123456789"), i;

        if (!digits || digits > 9)
            return false;
        for (size_t k = 0; k < digits; k++)
            n = n * 10 + (p[k] - '0');
        p += digits;
        for (i = 0; i < ARRAY_LEN(units) && units[i].unit != *p; i++)
            ;
        if (i == ARRAY_LEN(units))
            return false;
        sum += n * units[i].ms;
        p++;
    }
    *ms = sum;
    return true;
}

static int choice_count(const struct form_field *field)
{
    int n = 0;

    while (field->choices && field->choices[n])
        n++;
    return n;
}

const char *form_text(const struct form *f, int i)
{
    const struct form_field *field = &f->fields[i];

    if (field->kind == FORM_CHOICE)
        return choice_count(field) ? field->choices[f->states[i].choice] : "";
    return prompt_text(&f->states[i].prompt);
}

int64_t form_number(const struct form *f, int i)
{
    const char *text = form_text(f, i);
    int64_t n = 0;

    if (f->fields[i].kind == FORM_DURATION)
        return form_parse_duration(text, &n) ? n : 0;
    return strtoll(text, NULL, 10);
}

static void say_limit(const struct form_field *field, const char *which, int64_t limit,
                      char *reason, size_t cap)
{
    char span[CLOCK_SPAN_SIZE];

    if (field->kind == FORM_DURATION)
        snprintf(reason, cap, "%s %s", which, clock_format_span(span, limit));
    else
        snprintf(reason, cap, "%s %lld", which, (long long)limit);
}

static bool in_range(const struct form_field *field, int64_t n, char *reason, size_t cap)
{
    bool low = n < field->min, high = field->max && n > field->max;

    if (low || high)
        say_limit(field, low ? "at least" : "at most", low ? field->min : field->max, reason, cap);
    return !low && !high;
}

static bool check_number(const struct form_field *field, const char *text, char *reason, size_t cap)
{
    char *end;
    int64_t n;

    if (field->kind == FORM_DURATION) {
        if (!form_parse_duration(text, &n)) {
            snprintf(reason, cap, "a time such as 90s, 30m, 1h30m or 2d");
            return false;
        }
        return in_range(field, n, reason, cap);
    }
    errno = 0;
    n = strtoll(text, &end, 10);
    if (*end || errno) {
        snprintf(reason, cap, "a whole number");
        return false;
    }
    return in_range(field, n, reason, cap);
}

static bool check_field(struct form *f, int i)
{
    const struct form_field *field = &f->fields[i];
    struct form_state *state = &f->states[i];
    const char *text = form_text(f, i);
    bool numeric = field->kind == FORM_NUMBER || field->kind == FORM_DURATION;

    state->reason[0] = '\0';
    if (!*text) {
        if (field->required)
            snprintf(state->reason, sizeof state->reason, "needed");
        return !field->required;
    }
    if (numeric && !check_number(field, text, state->reason, sizeof state->reason))
        return false;
    return !field->check || field->check(text, state->reason, sizeof state->reason);
}

void form_init(struct form *f, const char *title, const char *verb, const struct form_field *fields,
               int n_fields)
{
    *f = (struct form){.title = title, .verb = verb, .fields = fields, .n_fields = n_fields};
    for (int i = 0; i < n_fields; i++)
        form_preset(f, i, fields[i].initial ? fields[i].initial : "");
}

static void state_finish(struct form_state *state)
{
    prompt_finish(&state->prompt);
    free(state->preset);
}

void form_finish(struct form *f)
{
    for (int i = 0; i < f->n_fields; i++)
        state_finish(&f->states[i]);
    *f = (struct form){0};
}

void form_set(struct form *f, int i, const char *value)
{
    const struct form_field *field = &f->fields[i];

    if (field->kind != FORM_CHOICE) {
        prompt_set(&f->states[i].prompt, value);
    } else {
        for (int k = 0; k < choice_count(field); k++)
            if (strcmp(field->choices[k], value) == 0)
                f->states[i].choice = k;
    }
    check_field(f, i);
}

void form_preset(struct form *f, int i, const char *value)
{
    free(f->states[i].preset);
    f->states[i].preset = xstrdup(value);
    form_set(f, i, value);
}

static bool has_changes(const struct form *f)
{
    for (int i = 0; i < f->n_fields; i++)
        if (f->fields[i].kind != FORM_CHOICE && strcmp(form_text(f, i), f->states[i].preset) != 0)
            return true;
    return false;
}

static enum form_result cancel(struct form *f)
{
    if (!has_changes(f) || f->discard_asked)
        return FORM_CANCEL;
    f->discard_asked = true;
    return FORM_HANDLED;
}

static enum form_result submit(struct form *f)
{
    int invalid = -1;

    for (int i = f->n_fields; i-- > 0;) {
        f->states[i].touched = true;
        if (!check_field(f, i))
            invalid = i;
    }
    if (invalid < 0)
        return FORM_SUBMIT;
    f->focus = invalid;
    return FORM_HANDLED;
}

static enum form_result focus_by(struct form *f, int step)
{
    f->states[f->focus].touched |= *form_text(f, f->focus) != '\0';
    f->focus = (f->focus + step + f->n_fields) % f->n_fields;
    return FORM_HANDLED;
}

static enum form_result changed(struct form *f)
{
    struct form_state *state = &f->states[f->focus];

    state->touched = true;
    f->error = (struct err){0};
    check_field(f, f->focus);
    if (f->fields[f->focus].changed)
        f->fields[f->focus].changed(f, f->focus);
    return FORM_HANDLED;
}

static enum form_result choose(struct form *f, struct key key)
{
    int n = choice_count(&f->fields[f->focus]);
    int step = key.code == ' ' || key.code == KEY_RIGHT ? 1 : key.code == KEY_LEFT ? -1 : 0;

    if (!step || !n)
        return FORM_IGNORED;
    f->states[f->focus].choice = (f->states[f->focus].choice + step + n) % n;
    return changed(f);
}

static enum form_result edit(struct form *f, struct key key)
{
    if (f->fields[f->focus].kind == FORM_CHOICE)
        return choose(f, key);
    switch (prompt_key(&f->states[f->focus].prompt, key)) {
    case PROMPT_CHANGED:
        return changed(f);
    case PROMPT_MOVED:
        return FORM_HANDLED;
    default:
        return FORM_IGNORED;
    }
}

static bool complete(struct form *f, struct key key)
{
    struct prompt *prompt = &f->states[f->focus].prompt;

    if (!prompt->complete || !*prompt_text(prompt))
        return false;
    cleanup_free char *before = xstrdup(prompt_text(prompt));
    prompt_key(prompt, key);
    if (strcmp(before, prompt_text(prompt)) == 0)
        return false;
    changed(f);
    return true;
}

/* Up and Down go through what was typed before, where the field knows it; Down from the newest line
 * goes on. */
static bool recall(struct form *f, struct key key)
{
    struct prompt *prompt = &f->states[f->focus].prompt;

    if (!prompt->history || !(key.code == KEY_UP ? prompt->history->n : prompt->history_i))
        return false;
    if (prompt_key(prompt, key) == PROMPT_CHANGED)
        changed(f);
    return true;
}

static bool is_cancel(struct key key)
{
    return key_equal(key, (struct key){KEY_ESCAPE}) ||
           key_equal(key, (struct key){'c', MOD_CTRL}) ||
           key_equal(key, (struct key){'g', MOD_CTRL});
}

enum form_result form_key(struct form *f, struct key key)
{
    if (is_cancel(key))
        return f->busy ? FORM_ABORT : cancel(f);
    if (f->busy)
        return FORM_HANDLED;
    f->discard_asked = false;
    if (key.code == KEY_ENTER && !key.mods)
        return submit(f);
    /* Tab completes where the field knows how and has something; else it goes on. */
    if (key.code == KEY_TAB && !key.mods && complete(f, key))
        return FORM_HANDLED;
    if (key.code == KEY_TAB)
        return focus_by(f, key.mods & MOD_SHIFT ? -1 : 1);
    if ((key.code == KEY_UP || key.code == KEY_DOWN) && !key.mods && recall(f, key))
        return FORM_HANDLED;
    if (key.code == KEY_DOWN && !key.mods)
        return focus_by(f, 1);
    if (key.code == KEY_UP && !key.mods)
        return focus_by(f, -1);
    return edit(f, key);
}

enum form_result form_paste(struct form *f, const char *text, size_t n)
{
    if (f->busy || f->fields[f->focus].kind == FORM_CHOICE)
        return FORM_HANDLED;
    prompt_paste(&f->states[f->focus].prompt, text, n);
    return changed(f);
}

void form_busy(struct form *f, int64_t now_ms)
{
    f->busy = true;
    f->busy_since_ms = now_ms;
    f->error = (struct err){0};
}

void form_fail(struct form *f, const struct err *e)
{
    f->busy = false;
    f->error = *e;
}

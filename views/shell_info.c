/* SPDX-License-Identifier: MIT
 *
 * What the screen's owner knows (size, traffic, recording), and what the host says of it: the
 * sandbox's terminals are listed as long as the dialog stands.
 */
#include "views/shell_info.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/text.h"
#include "client/listing.h"
#include "views/broadcast.h"
#include "views/company.h"
#include "views/dialog.h"
#include "views/recorder.h"

struct shell_info {
    struct views_env *env;
    struct attachment *attachment; /* a reference */
    struct company *company;       /* counted */
    struct listing *listing;
    char name[160];
    int rows, cols; /* of the pane it was asked in */
    bool observe;
};

static const struct terminal_info *told(const struct shell_info *s)
{
    return listing_find(s->listing, attachment_id(s->attachment));
}

static void line(struct buf *out, const char *label, const char *text)
{
    char clean[512];

    if (*text)
        buf_printf(out, "%-13s%s\n", label, text_sanitise(clean, sizeof clean, text, strlen(text)));
}

static const char *age(char out[CLOCK_SPAN_SIZE + 8], int64_t ms)
{
    char span[CLOCK_SPAN_SIZE];

    snprintf(out, CLOCK_SPAN_SIZE + 8, "%s ago", clock_format_span(span, ms > 0 ? ms : 0));
    return out;
}

static void write_what(const struct shell_info *s, struct buf *out)
{
    const struct terminal_info *t = told(s);
    const struct term *term = attachment_term(s->attachment);

    line(out, "sandbox:", s->name);
    line(out, "terminal:", attachment_id(s->attachment));
    line(out, "title:", term_title(term));
    line(out, "command:", t ? t->command : "");
    line(out, "runs:", company_command(s->company, attachment_id(s->attachment)));
    line(out, "directory:", term_cwd(term));
    line(out, "environment:", "TERM=xterm-256color COLORTERM=truecolor");
    if (*attachment_ended(s->attachment))
        line(out, "ended:", attachment_ended(s->attachment));
}

static void write_sizes(const struct shell_info *s, struct buf *out)
{
    const struct term *t = attachment_term(s->attachment);
    bool differs = term_rows(t) != s->rows || term_cols(t) != s->cols;

    buf_printf(out, "%-13s%dx%d", "size:", term_cols(t), term_rows(t));
    if (differs)
        buf_printf(out, "; this pane is %dx%d%s", s->cols, s->rows,
                   s->observe                         ? ", which only watches"
                   : !attachment_sizes(s->attachment) ? ", typing fits it"
                                                      : "");
    buf_printf(out, "\n%-13s%llu lines, %zu KiB\n", "scrollback:",
               (unsigned long long)(term_scrollback_end(t) - term_scrollback_first(t)),
               term_scrollback_size(t) / 1024);
}

static void write_who(const struct shell_info *s, struct buf *out)
{
    const struct terminal_info *t = told(s);
    const char *here = *attachment_ended(s->attachment)   ? "ended"
                       : attachment_drives(s->attachment) ? "typing goes there"
                                                          : "watching only";

    buf_printf(out, "%-13s%s%s\n", "here:", here,
               attachment_is_marked(s->attachment)
                   ? broadcast_reaches(s->env, s->attachment) ? ", broadcast" : ", marked"
                   : "");
    if (!t || *attachment_ended(s->attachment))
        return;
    int others = t->n_viewers > 0 ? t->n_viewers - 1 : 0;
    buf_printf(out, "%-13s%d%s\n", "viewers:", t->n_viewers,
               others == 0   ? ", nobody else"
               : others == 1 ? ", one of them elsewhere"
                             : ", all but one elsewhere");
    line(out, "takes part:", company_of(s->company, attachment_id(s->attachment)));
}

static void write_link(const struct shell_info *s, struct buf *out)
{
    const struct remote *r = attachment_remote(s->attachment);
    const struct predict *predict = attachment_predict(s->attachment);
    int64_t round_trip = remote_round_trip_us(r);
    char span[CLOCK_SPAN_SIZE];

    if (remote_state(r) == LINK_UP && round_trip >= 0)
        buf_printf(out, "%-13s%.1f ms\n", "round trip:", (double)round_trip / 1000);
    else if (remote_lost_at_ms(r))
        buf_printf(out, "%-13slost %s ago: %s\n",
                   "connection:", clock_format_span(span, clock_mono_ms() - remote_lost_at_ms(r)),
                   remote_error(r)->text);
    buf_printf(out, "%-13s%s", "prediction:", shell_prediction_words(predict));
    if (predict_wrong(predict))
        buf_printf(out, ", %llu cells were wrong", (unsigned long long)predict_wrong(predict));
    buf_append_char(out, '\n');
    if (attachment_pending(s->attachment))
        buf_printf(out, "%-13s%zu bytes typed\n",
                   "unconfirmed:", attachment_pending(s->attachment));
}

static void write_traffic(const struct shell_info *s, struct buf *out)
{
    const struct terminal_info *t = told(s);
    struct attachment_traffic n = attachment_traffic(s->attachment);
    char text[CLOCK_SPAN_SIZE + 8];

    buf_printf(out, "%-13s%llu bytes printed, %llu typed since it is attached\n",
               "traffic:", (unsigned long long)n.output_bytes, (unsigned long long)n.input_bytes);
    if (t && t->created_ms)
        line(out, "opened:", age(text, clock_wall_ms() - t->created_ms));
    line(out, "attached:", age(text, clock_mono_ms() - n.since_ms));
    if (attachment_output_at_ms(s->attachment))
        line(out,
             "last output:", age(text, clock_mono_ms() - attachment_output_at_ms(s->attachment)));
}

static void write_recording(const struct shell_info *s, struct buf *out)
{
    const struct recorder *r = attachment_recorder(s->attachment);
    char span[CLOCK_SPAN_SIZE];

    if (!r) {
        line(out, "recording:", "no");
        return;
    }
    cleanup_free char *text =
        xasprintf("%s%s into %s", recorder_paused(r) ? "paused, " : "",
                  clock_format_span(span, recorder_elapsed_ms(r)), recorder_path(r));
    line(out, "recording:", text);
}

static void write_all(void *user, struct buf *out)
{
    const struct shell_info *s = user;

    write_what(s, out);
    write_sizes(s, out);
    write_who(s, out);
    write_link(s, out);
    write_traffic(s, out);
    write_recording(s, out);
}

static void nothing(struct views_env *env, void *data)
{
}

static void drop(void *data)
{
    struct shell_info *s = data;

    listing_close(s->listing);
    company_release(s->company);
    attachment_release(s->attachment);
    free(s);
}

/* Later: the listing may be what closes the dialog. */
static void closed(void *user)
{
    struct shell_info *s = user;

    views_later(s->env, nothing, s, drop);
}

/* The dialog writes itself anew each second. */
static void on_listing(void *user)
{
}

void shell_info_open(struct shell *sh)
{
    struct shell_info *s = xcalloc(1, sizeof *s);

    s->env = sh->env;
    s->attachment = attachment_ref(sh->attachment);
    s->company = company_acquire(sh->env, attachment_sandbox_id(sh->attachment));
    s->observe = sh->observe;
    s->rows = sh->view->rows;
    s->cols = sh->view->cols;
    snprintf(s->name, sizeof s->name, "%s", shell_name(sh));
    s->listing = listing_open(attachment_remote(sh->attachment), &terminal_listing, on_listing, s);
    text_dialog_live(sh->env, "This terminal", write_all, closed, s);
}

/* SPDX-License-Identifier: MIT
 *
 * Wall clock × speed → a time of the recording → replay_advance, a bounded piece a frame. Of a
 * screen that is larger than the view the part shows where the cursor is, or what was searched for.
 */
#include "views/player.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/text.h"
#include "tui/prompt.h"
#include "views/pan.h"

#define STEP_MS       5000
#define BUDGET        (256u << 10) /* of the file, a frame */
#define SEARCH_EVENTS 400          /* looked at in a frame */
#define SPEED_MAX     64.0
#define SPEED_MIN     0.125
#define FRAME_MS      16

struct player {
    struct view *view;
    struct recording_file file;
    char name[160];
    double speed;
    bool playing, ended;
    int64_t from_ms, since_ms; /* of the recording, at this time of the clock */
    bool prompting, searching, not_found;
    size_t n_before;      /* rows that showed the text already */
    int pan_row, pan_col; /* of the screen, when it is larger than the view */
    bool found;           /* there, until it goes on */
    int found_row, found_col;
    struct prompt prompt;
    char *wanted; /* owned: searched for last */
};

/* --- the file --- */
static long read_at(void *user, uint64_t offset, char *out, size_t n)
{
    const struct recording_file *f = user;

    return pread(f->fd, out, n, (off_t)offset);
}

int recording_file_open(struct recording_file *f, const char *path, size_t scrollback_lines,
                        struct err *e)
{
    struct stat st;

    f->replay = NULL;
    f->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (f->fd < 0)
        return err_set_errno(e, errno, "%s", path);
    if (fstat(f->fd, &st) < 0 || !S_ISREG(st.st_mode)) {
        err_set(e, ERR_ARG, "%s is no file", path);
    } else {
        struct replay_source source = {.read = read_at, .user = f, .size = (uint64_t)st.st_size};

        f->replay = replay_create(&source, scrollback_lines, e);
    }
    if (f->replay)
        return 0;
    close(f->fd);
    f->fd = -1;
    return -(int)e->code;
}

void recording_file_close(struct recording_file *f)
{
    replay_destroy(f->replay);
    if (f->fd >= 0)
        close(f->fd);
    *f = (struct recording_file){.fd = -1};
}

/* --- time --- */
static int64_t position(const struct player *p)
{
    if (!p->playing)
        return p->from_ms;
    return p->from_ms + (int64_t)((double)(clock_mono_ms() - p->since_ms) * p->speed);
}

static void hold(struct player *p)
{
    p->from_ms = position(p);
    p->since_ms = clock_mono_ms();
}

static void go_to(struct player *p, int64_t ms)
{
    p->from_ms = ms > 0 ? ms : 0;
    p->since_ms = clock_mono_ms();
    p->ended = p->searching = p->found = false;
    if (p->from_ms < replay_time_ms(p->file.replay))
        replay_seek(p->file.replay, p->from_ms);
}

/* --- search --- */
/* The column where the row has the text; -1: nowhere. */
static int column_with(const struct player *p, int y)
{
    const struct term *t = replay_term(p->file.replay);
    const struct cell *row = term_row(t, y);
    cleanup_buf struct buf text = {0};
    size_t begins[TERM_SIZE_MAX];
    char piece[13];
    int x = 0;

    for (; x < term_cols(t); x++) {
        begins[x] = text.len;
        if (!(row[x].flags & CELL_CONTINUATION))
            buf_append(&text, piece, cell_text(&row[x], piece));
    }
    buf_append_char(&text, '\0');
    const char *hit = strcasestr(text.data, p->wanted);
    if (!hit)
        return -1;
    while (x > 0 && begins[x - 1] > (size_t)(hit - text.data))
        x--;
    return x > 0 ? x - 1 : 0;
}

/* Of several rows the one nearest to the cursor is meant: it was probably written last. */
static size_t rows_with(struct player *p)
{
    const struct term *t = replay_term(p->file.replay);
    int cursor = term_cursor(t).row, nearest = TERM_SIZE_MAX;
    size_t n = 0;

    for (int y = 0; y < term_rows(t); y++) {
        int col = column_with(p, y);

        if (col < 0)
            continue;
        n++;
        if (abs(y - cursor) < nearest) {
            nearest = abs(y - cursor);
            p->found_row = y;
            p->found_col = col;
        }
    }
    return n;
}

static void search_on(struct player *p)
{
    struct replay *r = p->file.replay;

    for (int i = 0; i < SEARCH_EVENTS; i++) {
        int64_t next = replay_next_ms(r);

        if (next < 0) {
            p->searching = false;
            p->not_found = true;
            break;
        }
        replay_advance(r, next, BUDGET);
        size_t n = rows_with(p);
        if (n > p->n_before) {
            p->searching = false;
            p->found = true;
            break;
        }
        p->n_before = n;
    }
    p->from_ms = replay_time_ms(r);
    view_tick(p->view, 1);
}

static void search_begin(struct player *p, bool from_here)
{
    if (!p->wanted || !*p->wanted)
        return;
    p->playing = p->not_found = p->found = false;
    p->searching = true;
    p->n_before = from_here ? rows_with(p) : 0;
    view_damage(p->view);
}

/* --- the view --- */
static void close_view(struct view *v)
{
    struct player *p = v->data;

    recording_file_close(&p->file);
    prompt_finish(&p->prompt);
    free(p->wanted);
    free(p);
}

static void update(struct view *v, int rows, int cols)
{
    struct player *p = v->data;
    struct replay *r = p->file.replay;

    if (p->searching) {
        search_on(p);
        return;
    }
    int64_t now = position(p);
    if (!replay_advance(r, now, BUDGET)) {
        view_tick(v, 1);
        return;
    }
    int64_t next = replay_next_ms(r);
    if (next < 0) {
        p->ended = true;
        p->playing = false;
        p->from_ms = replay_time_ms(r);
        return;
    }
    if (!p->playing)
        return;
    int64_t wait = (int64_t)((double)(next - now) / p->speed);
    view_tick(v, wait < FRAME_MS ? FRAME_MS : wait > 1000 ? 1000 : wait);
}

char *player_time(char *out, size_t cap, int64_t ms)
{
    long long s = ms / 1000;

    if (s >= 3600)
        snprintf(out, cap, "%lld:%02lld:%02lld", s / 3600, s / 60 % 60, s % 60);
    else
        snprintf(out, cap, "%lld:%02lld", s / 60, s % 60);
    return out;
}

static void draw_line(struct player *p, struct canvas c)
{
    const struct style *styles = tui_theme(p->view->tui)->styles;
    const struct term *t = replay_term(p->file.replay);
    char now[32], all[32] = "?", speed[24] = "", size[48] = "";
    int64_t duration = replay_duration_ms(p->file.replay);
    int y = c.rows - 1;

    if (p->prompting) {
        canvas_fill(c, (struct rect){y, 0, 1, c.cols}, styles[ROLE_INPUT]);
        canvas_text(c, y, 0, 1, styles[ROLE_INPUT], "/");
        prompt_draw(&p->prompt, c, y, 1, c.cols - 1, styles[ROLE_INPUT]);
        return;
    }
    if (duration >= 0)
        player_time(all, sizeof all, duration);
    if (p->speed != 1)
        snprintf(speed, sizeof speed, "  x%g", p->speed);
    /* Here and not over the screen: nobody could see what it hides. */
    if (term_rows(t) > c.rows - 1 || term_cols(t) > c.cols)
        snprintf(size, sizeof size, "  its size is %dx%d", term_cols(t), term_rows(t));
    cleanup_free char *line =
        xasprintf(" %s %s / %s%s%s%s",
                  p->searching ? "\xe2\x80\xa6 searching"
                  : p->ended   ? "\xe2\x96\xa0 end"
                  : p->playing ? "\xe2\x96\xb6 playing"
                               : "\xe2\x80\x96 paused",
                  player_time(now, sizeof now, p->from_ms > position(p) ? p->from_ms : position(p)),
                  all, speed, size, p->not_found ? "  it does not show again" : "");
    canvas_fill(c, (struct rect){y, 0, 1, c.cols}, styles[ROLE_STATUS]);
    canvas_label(c, y, 0, c.cols, styles[ROLE_STATUS], line);
}

static void place(struct player *p, int rows, int cols)
{
    const struct term *t = replay_term(p->file.replay);
    struct term_cursor cursor = term_cursor(t);

    if (p->found) { /* the end of it first, so that its beginning is in sight at least */
        int end = p->found_col + text_width(p->wanted) - 1;

        p->pan_col = pan_to(p->pan_col, end, cols, term_cols(t));
    }
    p->pan_row = pan_to(p->pan_row, p->found ? p->found_row : cursor.row, rows, term_rows(t));
    p->pan_col = pan_to(p->pan_col, p->found ? p->found_col : cursor.col, cols, term_cols(t));
}

static void draw(struct view *v, struct canvas c)
{
    struct player *p = v->data;
    const struct term *t = replay_term(p->file.replay);

    place(p, c.rows - 1, c.cols);
    for (int y = 0; y < c.rows - 1 && y + p->pan_row < term_rows(t); y++)
        canvas_cells(c, y, -p->pan_col, term_row(t, y + p->pan_row), term_cols(t));
    if (c.rows > 0)
        draw_line(p, c);
}

static void act_pause(struct player *p)
{
    if (p->ended)
        go_to(p, 0);
    hold(p);
    p->playing = !p->playing;
    p->found = false;
}

static void set_speed(struct player *p, double factor)
{
    double speed = p->speed * factor;

    hold(p);
    if (speed >= SPEED_MIN && speed <= SPEED_MAX)
        p->speed = speed;
}

static enum view_result act(struct view *v, const char *action)
{
    struct player *p = v->data;

    p->not_found = false;
    if (strcmp(action, "player-pause") == 0)
        act_pause(p);
    else if (strcmp(action, "player-back") == 0)
        go_to(p, position(p) - STEP_MS);
    else if (strcmp(action, "player-forward") == 0)
        go_to(p, position(p) + STEP_MS);
    else if (strcmp(action, "player-faster") == 0)
        set_speed(p, 2);
    else if (strcmp(action, "player-slower") == 0)
        set_speed(p, 0.5);
    else if (strcmp(action, "player-start") == 0)
        go_to(p, 0);
    else if (strcmp(action, "player-end") == 0)
        go_to(p, INT64_MAX / 4);
    else if (strcmp(action, "player-search") == 0)
        p->prompting = true;
    else if (strcmp(action, "player-next") == 0)
        search_begin(p, true);
    else
        return VIEW_IGNORED;
    return VIEW_HANDLED;
}

static enum view_result key(struct view *v, struct key k)
{
    struct player *p = v->data;

    if (!p->prompting)
        return VIEW_IGNORED;
    enum prompt_result result = prompt_key(&p->prompt, k);
    if (result == PROMPT_CANCEL || result == PROMPT_ACCEPT)
        p->prompting = false;
    if (result == PROMPT_ACCEPT) {
        free(p->wanted);
        p->wanted = xstrdup(prompt_text(&p->prompt));
        search_begin(p, true);
    }
    return VIEW_HANDLED;
}

static bool grabs_keys(struct view *v)
{
    return ((struct player *)v->data)->prompting;
}

static void title(struct view *v, struct buf *out)
{
    buf_append_str(out, ((struct player *)v->data)->name);
}

static void hints(struct view *v, struct buf *out)
{
    buf_append_str(out, "Space pause  \xe2\x86\x90\xe2\x86\x92 5 s  +- speed  / search  q back");
}

static const char *const contexts[] = {"player", NULL};
static const struct view_ops ops = {
    .name = "player",
    .contexts = contexts,
    .close = close_view,
    .update = update,
    .draw = draw,
    .act = act,
    .key = key,
    .title = title,
    .hints = hints,
    .grabs_keys = grabs_keys,
};

struct view *player_view_create(struct tui *t, const char *path, double speed, struct err *e)
{
    struct player *p = xcalloc(1, sizeof *p);
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;

    if (recording_file_open(&p->file, path, 0, e) < 0) {
        free(p);
        return NULL;
    }
    text_sanitise(p->name, sizeof p->name, name, strlen(name));
    p->speed = speed;
    p->playing = true;
    p->since_ms = clock_mono_ms();
    p->view = view_create(t, &ops, p);
    return p->view;
}

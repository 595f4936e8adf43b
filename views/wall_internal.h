/* SPDX-License-Identifier: MIT
 *
 * The parts of the wall: wall.c is the view, wall_source.c the sandboxes and what is known of their
 * terminals, wall_tiles.c the tiles and their attachments, wall_order.c which tile is where,
 * wall_draw.c what a tile shows, wall_verbs.c what is done with tiles, wall_search.c the search
 * over all of them, wall_history.c and wall_travel.c how they looked before. Nobody else includes
 * this.
 *
 * A source (a sandbox) tells what terminals there are; each is a tile. Tiles on the page are
 * attached as observers. What changes marks its tile dirty and asks for a frame; a frame renders
 * the dirty tiles of the page into their own cells, which drawing copies.
 */
#ifndef VIEWS_WALL_INTERNAL_H
#define VIEWS_WALL_INTERNAL_H

#include "base/clock.h"
#include "client/activity.h"
#include "client/listing.h"
#include "views/attachment.h"
#include "views/attention.h"
#include "views/wall.h"
#include "views/wall_layout.h"

/* Frames: a tile's change is on the screen within WALL_FRAME_MS; while much changes, frames come
 * so much less often that the terminal gets at most WALL_CELLS_PER_S changed cells. */
#define WALL_FRAME_MS     100
#define WALL_FRAME_MAX_MS 500
#define WALL_CELLS_PER_S  40000
#define WALL_REST_MS      2000  /* the order rests after a key */
#define WALL_LINGER_MS    5000  /* a tile off the page is attached so much longer */
#define WALL_HIDDEN_MS    60000 /* all of them, while something else is looked at */
#define WALL_SYNC_MS      3000  /* a connection that came back has named every terminal by then */
#define WALL_GONE_MS      10000 /* a tile that ended is shown so much longer */

struct wall;
struct wall_source;
struct wall_history; /* wall_history.h */

/* What is known of a terminal, with its own memory. */
struct wall_facts {
    struct activity a;
    char text[5][ACTIVITY_TEXT_MAX + 8];
};

struct wall_tile {
    struct wall *wall;
    struct wall_source *source; /* borrowed; NULL: its sandbox is gone */
    char *sandbox_id;           /* owned, as the next two */
    char *terminal_id;          /* "": the sandbox has no terminal */
    char *key;                  /* "sandbox\nterminal" */
    char name[160];             /* "alice/demo", with ":2" for its second terminal */
    unsigned number;            /* of the terminals of its sandbox, from 1 */
    struct wall_facts facts;
    struct attention attention;
    int64_t told_ms;    /* when the facts came */
    int64_t next_ms;    /* when sign or age look different by themselves; 0: never */
    int64_t gone_at_ms; /* it ended; 0: not */
    char gone_why[128];
    char idle[ATTENTION_AGE_SIZE];  /* how long nothing was typed or printed; "" below a minute */
    char stale[ATTENTION_AGE_SIZE]; /* how long its connection is lost; "": it is not */
    char frozen[CLOCK_SPAN_SIZE];   /* how long its input is refused yet; "": it is not */
    bool marked;

    struct attachment *attachment; /* a reference; NULL: not attached */
    struct attachment_viewer viewer;
    int64_t left_page_ms; /* when it was last on the page */
    bool on_page, dirty;
    struct rect place;  /* on the page */
    struct cell *cells; /* owned: place.h x place.w as drawn last */
    size_t n_cells;

    struct wall_history *history; /* owned; NULL: nothing kept */
    struct term *past;            /* owned: as it was; NULL: not looking back, or not known */
    int64_t past_ms;              /* when that was; 0: not looked at */

    size_t rank; /* in the order that rests */
    TAILQ_ENTRY(wall_tile) link;
};

enum wall_state {
    WALL_LOOKING, /* which terminals are there? */
    WALL_LIVE,
    WALL_DOWN, /* the connection is lost, tried again */
    WALL_ENDED,
};

struct wall_source {
    struct wall *wall;
    char *sandbox_id;           /* owned */
    struct remote *remote;      /* a reference; NULL: it does not run */
    struct activity_feed *feed; /* owned */
    struct listing *listing;    /* owned: where the host has no such feed; NULL */
    enum wall_state state;
    int64_t since_ms; /* of the state */
    struct err error;
    struct activity_sandbox facts;
    char text[2][ACTIVITY_TEXT_MAX + 8];
    bool is_known; /* which terminals it has */
    bool has_facts, wanted;
    TAILQ_ENTRY(wall_source) link;
};

enum wall_sort { WALL_BY_ATTENTION, WALL_BY_IDLE, WALL_BY_NAME, WALL_SORTS };
enum wall_look { WALL_LOOK_FITTING, WALL_LOOK_TEXT, WALL_LOOK_SMALL, WALL_LOOKS };

TAILQ_HEAD(wall_tile_list, wall_tile);

struct wall {
    struct views_env *env;
    struct view *view;
    struct gateway_listener listener;
    char **ids; /* owned; NULL: all sandboxes */
    size_t n_ids, n_left_out;
    bool one_ns; /* all of them are in one namespace, which need not be said on each tile */
    TAILQ_HEAD(wall_source_list, wall_source)
    sources;
    struct wall_tile_list tiles;
    size_t n_tiles, n_marked, n_needed;

    struct wall_tile **order; /* owned: tiles shown, in order */
    size_t n_order, cap_order;
    struct wall_tile *selected, *anchor; /* borrowed; NULL: none */
    bool chosen;                         /* selected by the user */
    struct wall_grid grid;
    int size; /* WALL_FIT, or of wall_sizes() */
    enum wall_sort sort;
    enum wall_look look;
    bool only_needed, held;
    bool arrange, resort; /* the order must be made; also while it rests */
    int64_t rest_until_ms;

    struct tick *frame; /* owned, as the next: a frame is due */
    struct tick *clock; /* something looks different by itself */
    int64_t clock_at_ms;
    int64_t frame_at_ms, last_frame_ms;
    int64_t hidden_ms; /* since when something else shows in its place; 0: not */
    int64_t pace_ms;   /* until the next frame, for what the last one cost */

    int64_t travel_ms;      /* clock_mono_ms that is shown; 0: now */
    size_t n_history_bytes; /* of all tiles */
    struct tick *seek;      /* owned: tiles that are still being taken back */
};

/* wall_source.c */
/* Takes over which sandboxes there are. */
void wall_sources_update(struct wall *w);
void wall_sources_destroy(struct wall *w);
/* A sandbox without a terminal, also one that ended just now, has a tile that says so. */
void wall_source_recount(struct wall_source *s);
/* Why a tile without a terminal has none; clean. Returns out. */
char *wall_source_says(const struct wall_source *s, char *out, size_t cap);

/* wall_tiles.c */
struct wall_tile *wall_tile_find(struct wall *w, const char *sandbox_id, const char *terminal_id);
struct wall_tile *wall_tile_create(struct wall_source *s, const char *terminal_id);
void wall_tile_destroy(struct wall_tile *t);
/* It ended: shown for a while longer. */
void wall_tile_end(struct wall_tile *t, const char *why);
void wall_tile_facts(struct wall_tile *t, const struct activity *a);
/* Something of its sandbox changed. */
void wall_tile_judge(struct wall_tile *t);
/* Attaches it if it is not and can be; it stays so while it is on the page or recorded. */
void wall_tile_attach(struct wall_tile *t);
/* Attaches those on the page, lets go of the others after a while; when something is due next. */
void wall_tiles_attach(struct wall *w);
void wall_tile_damage(struct wall_tile *t);
void wall_frame_soon(struct wall *w);
/* Runs what is due by itself and plans the next. */
void wall_clock(struct wall *w);
/* Something is due at this time, at the latest. */
void wall_due(struct wall *w, int64_t at_ms);
/* The screen it shows: as it is, or as it was; NULL: none. */
struct term *wall_tile_term(const struct wall_tile *t);
static inline bool wall_tile_is_live(const struct wall_tile *t)
{
    return *t->terminal_id && !t->gone_at_ms;
}

/* wall_order.c */
/* Makes the order, places the page; after it every tile of the page has its place. */
void wall_arrange(struct wall *w, int height, int width);
size_t wall_page_size(const struct wall *w);
size_t wall_index(const struct wall *w); /* of the selected tile */
void wall_select(struct wall *w, struct wall_tile *t);
/* A tile goes. */
void wall_forget(struct wall *w, struct wall_tile *t);
/* Motions, marks, sorting, sizes: false: not one of them. */
bool wall_order_act(struct wall *w, const char *action);

/* wall_draw.c */
/* "alice/demo"; "demo" where all are alice's. Borrowed from t. */
const char *wall_tile_label(const struct wall_tile *t);
/* Renders t into its cells; returns how many changed. */
size_t wall_tile_render(struct wall_tile *t);
void wall_draw(struct wall *w, struct canvas c);
/* Rows of the view below the tiles. */
int wall_footer_rows(const struct wall *w, int rows);

/* wall_verbs.c */
/* Marked tiles, else the selected one: an array to free. */
size_t wall_targets(const struct wall *w, struct wall_tile ***tiles);
enum view_result wall_act(struct view *v, const char *action);

#endif

/* SPDX-License-Identifier: MIT
 *
 * A few lines of text in the middle of the screen.
 */
#include "app/boot_view.h"

#include <string.h>

#include "base/text.h"

#define TEXT_COLS_MAX 72

static void boot_draw(struct view *v, struct canvas c)
{
    const struct boot_state *s = v->data;
    const struct theme *theme = tui_theme(v->tui);
    int cols = c.cols < TEXT_COLS_MAX ? c.cols : TEXT_COLS_MAX;
    int x = (c.cols - cols) / 2, y = c.rows / 3;
    struct style text = theme->styles[ROLE_TEXT];

    canvas_fill(c, (struct rect){0, 0, c.rows, c.cols}, text);
    if (!s->error.code) {
        canvas_printf(c, y, x, text, "%s…", s->doing);
        return;
    }
    /* Word by word, so that the reason is whole on a narrow screen too. */
    const struct {
        const char *text;
        enum role role;
    } parts[] = {{s->error.text, ROLE_ERROR},
                 {s->error.hint, ROLE_TEXT},
                 {"r tries again, q leaves", ROLE_DIM}};
    if (y > 3)
        y = 3;
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        const char *p = parts[i].text;

        while (*p) {
            size_t n = text_prefix(p, cols);

            if (p[n] && n)
                for (size_t k = n; k > 0; k--)
                    if (p[k] == ' ') {
                        n = k;
                        break;
                    }
            char line[512];
            text_sanitise(line, sizeof line, p, n ? n : strlen(p));
            canvas_text(c, y++, x, cols, theme->styles[parts[i].role], line);
            if (!n)
                break;
            p += n + (p[n] == ' ');
        }
        y += *parts[i].text ? 1 : 0;
    }
}

static enum view_result boot_key(struct view *v, struct key key)
{
    const struct boot_state *s = v->data;

    if (key.code == 'q' || key.code == KEY_ESCAPE || (key.code == 'c' && key.mods == MOD_CTRL)) {
        s->on_quit(s->user);
        return VIEW_HANDLED;
    }
    if (key.code == 'r' && !key.mods && s->error.code) {
        s->on_retry(s->user);
        return VIEW_HANDLED;
    }
    return VIEW_IGNORED;
}

static bool boot_grabs_keys(struct view *v)
{
    return true;
}

static void boot_title(struct view *v, struct buf *out)
{
    buf_append_str(out, "sandpit");
}

static const char *const contexts[] = {NULL};

static const struct view_ops boot_ops = {
    .name = "boot",
    .contexts = contexts,
    .draw = boot_draw,
    .key = boot_key,
    .grabs_keys = boot_grabs_keys,
    .title = boot_title,
};

struct view *boot_view_create(struct tui *t, struct boot_state *state)
{
    return view_create(t, &boot_ops, state);
}

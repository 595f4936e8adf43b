/* SPDX-License-Identifier: MIT */
#include "tui/wrap.h"

#include <string.h>

#include "base/alloc.h"
#include "base/text.h"

size_t wrap_next(const char *text, int cols, size_t *skip)
{
    size_t line = strcspn(text, "\n");
    size_t fits = text_prefix(text, cols > 0 ? cols : 1);

    *skip = 0;
    if (fits >= line) {
        *skip = text[line] == '\n';
        return line;
    }
    size_t cut = fits;
    while (cut > 0 && text[cut] != ' ')
        cut--;
    if (cut == 0) {
        uint32_t c;
        /* A wide character on a one-column line: rather too wide than for ever. */
        return fits ? fits : utf8_decode(text, strlen(text), &c);
    }
    *skip = strspn(text + cut, " ");
    while (cut > 0 && text[cut - 1] == ' ') {
        cut--;
        ++*skip;
    }
    return cut;
}

int wrap_count(const char *text, int cols)
{
    int n = 0;

    while (*text) {
        size_t skip;
        size_t len = wrap_next(text, cols, &skip);

        text += len + skip;
        n++;
    }
    return n;
}

int wrap_draw(struct canvas c, struct rect r, struct style style, const char *text)
{
    int n = 0;

    for (; *text && n < r.h; n++) {
        size_t skip;
        size_t len = wrap_next(text, r.w, &skip);
        bool more = text[len + skip] != '\0' && n == r.h - 1;
        cleanup_free char *line = more ? xstrdup(text) : xstrndup(text, len);

        /* canvas_label cuts the rest and says so. */
        if (more) {
            line[strcspn(line, "\n")] = '\0';
            canvas_label(c, r.y + n, r.x, r.w, style, line);
        } else {
            canvas_text(c, r.y + n, r.x, r.w, style, line);
        }
        text += len + skip;
    }
    return n;
}

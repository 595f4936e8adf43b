/* SPDX-License-Identifier: MIT */
#include "tui/qr.h"

#include <qrencode.h>
#include <string.h>

#include "base/alloc.h"

bool qr_init(struct qr *q, const char *text)
{
    QRcode *code = *text ? QRcode_encodeString8bit(text, 0, QR_ECLEVEL_L) : NULL;

    *q = (struct qr){0};
    if (!code)
        return false;
    q->size = code->width;
    q->modules = xcalloc((size_t)q->size, (size_t)q->size);
    for (int i = 0; i < q->size * q->size; i++)
        q->modules[i] = code->data[i] & 1; /* the other bits say what kind of module it is */
    QRcode_free(code);
    return true;
}

void qr_finish(struct qr *q)
{
    free(q->modules);
    *q = (struct qr){0};
}

int qr_cols(const struct qr *q)
{
    return q->size + 2 * QR_BORDER;
}

int qr_rows(const struct qr *q)
{
    return (qr_cols(q) + 1) / 2;
}

static bool is_light(const struct qr *q, int row, int col)
{
    row -= QR_BORDER;
    col -= QR_BORDER;
    if (row < 0 || col < 0 || row >= q->size || col >= q->size)
        return true;
    return !q->modules[row * q->size + col];
}

bool qr_draw(const struct qr *q, struct canvas c, int y, int x)
{
    static const char *const halves[] = {" ", "\xe2\x96\x84", "\xe2\x96\x80", "\xe2\x96\x88"};
    const struct style style = {.fg = COLOUR_RGB(255, 255, 255), .bg = COLOUR_RGB(0, 0, 0)};

    if (!q->size || y < 0 || x < 0 || y + qr_rows(q) > c.rows || x + qr_cols(q) > c.cols)
        return false;
    for (int row = 0; row < qr_rows(q); row++) {
        for (int col = 0; col < qr_cols(q); col++) {
            int top = is_light(q, 2 * row, col), bottom = is_light(q, 2 * row + 1, col);

            canvas_text(c, y + row, x + col, 1, style, halves[top << 1 | bottom]);
        }
    }
    return true;
}

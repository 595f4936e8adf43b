/* SPDX-License-Identifier: MIT */
#include "app/class_export.h"

#include <string.h>

#include "app/errand.h"
#include "base/alloc.h"
#include "base/clock.h"
#include "tui/qr.h"

#define QUIET 4 /* light modules around a printed code */

/* --- HTML --- */

static const char style[] =
    "body{font:16px/1.4 sans-serif;margin:1.5em;color:#111;background:#fff}"
    "main{display:grid;grid-template-columns:repeat(auto-fill,minmax(17em,1fr));gap:1em}"
    ".card{border:1px solid #999;border-radius:.4em;padding:1em;text-align:center;"
    "break-inside:avoid}"
    ".card h2{margin:0;font-size:1.4em;overflow-wrap:anywhere}"
    ".card p{margin:.3em 0}.card a{font:12px/1.3 monospace;overflow-wrap:anywhere;color:#00c}"
    ".card svg{width:11em;height:11em;display:block;margin:.5em auto}"
    "@page{margin:12mm}@media print{body{margin:0}header{display:none}";
static const char six[] = "main{grid-template-columns:1fr 1fr}.card{height:82mm;"
                          "box-sizing:border-box}.card svg{width:40mm;height:40mm;margin:2mm auto}"
                          "}";
static const char one[] = "main{display:block}.card{border:0;break-after:page}"
                          ".card svg{width:110mm;height:110mm}.card h2{font-size:3em}}";

static void append_html(struct buf *out, const char *text)
{
    for (; *text; text++)
        switch (*text) {
        case '&':
            buf_append_str(out, "&amp;");
            break;
        case '<':
            buf_append_str(out, "&lt;");
            break;
        case '>':
            buf_append_str(out, "&gt;");
            break;
        case '"':
            buf_append_str(out, "&quot;");
            break;
        case '\'':
            buf_append_str(out, "&#39;");
            break;
        default:
            buf_append_char(out, *text);
        }
}

/* One path: a step a run of dark modules. */
static void append_qr(struct buf *out, const char *text)
{
    struct qr qr;

    if (!qr_init(&qr, text))
        return;
    int side = qr.size + 2 * QUIET;

    buf_printf(out,
               "<svg viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"QR code of the link\" "
               "shape-rendering=\"crispEdges\"><rect width=\"%d\" height=\"%d\" fill=\"#fff\"/>"
               "<path fill=\"#000\" d=\"",
               side, side, side, side);
    for (int y = 0; y < qr.size; y++)
        for (int x = 0, n; x < qr.size; x += n + 1) {
            const unsigned char *row = qr.modules + (ptrdiff_t)y * qr.size;

            for (n = 0; x + n < qr.size && row[x + n];)
                n++;
            if (n)
                buf_printf(out, "M%d %dh%dv1h-%dz", x + QUIET, y + QUIET, n, n);
        }
    buf_append_str(out, "\"/></svg>");
    qr_finish(&qr);
}

static void append_card(struct buf *out, const struct seat *seat)
{
    buf_append_str(out, "<section class=\"card\"><h2>");
    append_html(out, seat->student->name);
    buf_append_str(out, "</h2>\n");
    if (*seat->student->note) {
        buf_append_str(out, "<p>");
        append_html(out, seat->student->note);
        buf_append_str(out, "</p>\n");
    }
    if (seat->link) {
        append_qr(out, seat->link);
        buf_append_str(out, "<a rel=\"noreferrer\" href=\"");
        append_html(out, seat->link);
        buf_append_str(out, "\">");
        append_html(out, seat->link);
        buf_append_str(out, "</a>");
    } else {
        buf_append_str(out, "<p>no link: ");
        append_html(out, seat->err.code ? seat->err.text : seat_word(seat));
        buf_append_str(out, "</p>");
    }
    buf_append_str(out, "</section>\n");
}

void class_html(struct buf *out, const struct class_make *m, const char *title, int cards)
{
    char iso[CLOCK_ISO_SIZE];
    int64_t expires_ms = 0;

    for (size_t i = 0; i < m->n; i++)
        if (m->seats[i].link && (!expires_ms || m->seats[i].expires_ms < expires_ms))
            expires_ms = m->seats[i].expires_ms;
    buf_append_str(out, "<!doctype html>\n<html lang=\"en\"><meta charset=\"utf-8\">\n"
                        "<meta name=\"viewport\" content=\"width=device-width\">\n"
                        "<meta name=\"referrer\" content=\"no-referrer\">\n<title>");
    append_html(out, title);
    buf_printf(out, "</title>\n<style>%s%s</style>\n<header><h1>", style, cards == 1 ? one : six);
    append_html(out, title);
    buf_append_str(out, "</h1><p>Each link opens one student's terminal and works once");
    if (expires_ms)
        buf_printf(out, ", until %.10s %.5s UTC", clock_format_iso(iso, expires_ms), iso + 11);
    buf_append_str(out, ". Whoever has it is that student.</p></header>\n<main>\n");
    for (size_t i = 0; i < m->n; i++)
        append_card(out, &m->seats[i]);
    buf_append_str(out, "</main></html>\n");
}

/* --- CSV and JSON --- */

static void append_cell(struct buf *out, const char *text, char end)
{
    buf_append_char(out, '"');
    if (strchr("=+-@\t\r", *text) && *text)
        buf_append_char(out, '\'');
    for (; *text; text++) {
        if (*text == '"')
            buf_append_char(out, '"');
        buf_append_char(out, *text);
    }
    buf_append_char(out, '"');
    buf_append_str(out, end == '\n' ? "\r\n" : ",");
}

void class_csv(struct buf *out, const struct class_make *m)
{
    char iso[CLOCK_ISO_SIZE];

    buf_append_str(out, "name,note,state,link,watch_link,expires\r\n");
    for (size_t i = 0; i < m->n; i++) {
        const struct seat *seat = &m->seats[i];

        append_cell(out, seat->student->name, ',');
        append_cell(out, seat->student->note, ',');
        append_cell(out, seat_word(seat), ',');
        append_cell(out, seat->link ? seat->link : "", ',');
        append_cell(out, seat->watch ? seat->watch : "", ',');
        append_cell(out, seat->link ? clock_format_iso(iso, seat->expires_ms) : "", '\n');
    }
}

static void add_text(cJSON *o, const char *key, const char *text)
{
    if (text)
        json_add_text(o, key, text, strlen(text));
    else
        cJSON_AddNullToObject(o, key);
}

cJSON *class_json(const struct class_make *m)
{
    cJSON *list = cJSON_CreateArray();

    for (size_t i = 0; i < m->n; i++) {
        const struct seat *seat = &m->seats[i];
        cJSON *o = cJSON_CreateObject();

        add_text(o, "name", seat->student->name);
        add_text(o, "note", seat->student->note);
        add_text(o, "namespace", m->o->create.ns);
        add_text(o, "sandboxId", seat->id);
        add_text(o, "state", seat_word(seat));
        add_text(o, "link", seat->link);
        add_text(o, "watchLink", seat->watch);
        json_add_time(o, "expiresAt", seat->link ? seat->expires_ms : 0);
        add_text(o, "error", seat->err.code ? seat->err.text : NULL);
        cJSON_AddItemToArray(list, o);
    }
    return list;
}

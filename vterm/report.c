/* SPDX-License-Identifier: MIT
 *
 * Answers to CSI queries: what the terminal is, how it is, where the cursor is, how large the
 * window is; and the stack of the kitty keyboard protocol, of which a program may ask how much it
 * got.
 */
#include "vterm/internal.h"

#include "base/clock.h"

void report_da(struct term *t, const struct csi *csi)
{
    if (csi_param(csi, 0, 0) == 0)
        term_reply(t, DEVICE_ATTRIBUTES);
}

void report_da2(struct term *t, const struct csi *csi)
{
    if (csi_param(csi, 0, 0) == 0)
        term_reply(t, "\033[>41;100;0c");
}

/* The unit's number: nobody's. */
void report_da3(struct term *t, const struct csi *csi)
{
    if (csi_param(csi, 0, 0) == 0)
        term_reply(t, "\033P!|00000000\033\\");
}

void report_version(struct term *t, const struct csi *csi)
{
    if (csi_param(csi, 0, 0) == 0)
        term_reply(t, "\033P>|sandpit(%s)\033\\", SANDPIT_VERSION);
}

static void report_cursor(struct term *t, const char *mark)
{
    int row = t->row - (t->modes.origin ? t->top : 0);
    int col = t->col - (t->modes.origin ? t->left : 0);

    term_reply(t, "\033[%s%d;%dR", mark, row + 1, col + 1);
}

void report_status(struct term *t, const struct csi *csi)
{
    if (csi_param(csi, 0, 0) == 5)
        term_reply(t, "\033[0n");
    else if (csi_param(csi, 0, 0) == 6)
        report_cursor(t, "");
}

/* What a VT220 may be asked for and is not here is answered as such, so that nobody waits. */
static const struct {
    int question;
    const char *answer;
} devices[] = {
    {15, "\033[?13n"},       /* no printer */
    {25, "\033[?21n"},       /* user-defined keys are locked */
    {26, "\033[?27;1;0;0n"}, /* a North American keyboard */
    {53, "\033[?50n"},       /* no locator */
    {55, "\033[?50n"},       {56, "\033[?57;0n"},
};

/* Dark or light, for programs that choose their colours by it: 1 or 2. */
static int colour_scheme(const struct term *t)
{
    uint32_t rgb = term_colour(t, TERM_COLOUR_BG);
    uint32_t luminance = (rgb >> 16) * 299 + (rgb >> 8 & 0xff) * 587 + (rgb & 0xff) * 114;

    return luminance < 128000 ? 1 : 2;
}

void report_private_status(struct term *t, const struct csi *csi)
{
    int question = csi_param(csi, 0, 0);

    if (question == 6)
        report_cursor(t, "?");
    else if (question == 996)
        term_reply(t, "\033[?997;%dn", colour_scheme(t));
    for (size_t i = 0; i < ARRAY_LEN(devices); i++)
        if (devices[i].question == question)
            term_reply(t, "%s", devices[i].answer);
}

/* DECREQTPARM: no parity, 8 bits, 38,400 bits a second, as xterm has it. */
void report_parameters(struct term *t, const struct csi *csi)
{
    int kind = csi_param(csi, 0, 0);

    if (kind <= 1)
        term_reply(t, "\033[%d;1;1;128;128;1;0x", kind + 2);
}

/* A window's size and its title's stack. Titles are not told: a title is the guest's to choose and
 * would come back as typed input. Pixels only if the owner knows them. */
void report_window(struct term *t, const struct csi *csi)
{
    bool pixels = t->cell_rows > 0 && t->cell_cols > 0;
    int which = csi_param(csi, 1, 0);

    switch (csi_param(csi, 0, 0)) {
    case 11:
        term_reply(t, "\033[1t");
        break;
    case 14:
        if (pixels)
            term_reply(t, "\033[4;%d;%dt", t->rows * t->cell_rows, t->cols * t->cell_cols);
        break;
    case 16:
        if (pixels)
            term_reply(t, "\033[6;%d;%dt", t->cell_rows, t->cell_cols);
        break;
    case 18:
        term_reply(t, "\033[8;%d;%dt", t->rows, t->cols);
        break;
    case 19:
        term_reply(t, "\033[9;%d;%dt", t->rows, t->cols);
        break;
    case 22:
        if (which == 0 || which == 2)
            title_push(t);
        break;
    case 23:
        if (which == 0 || which == 2)
            title_pop(t);
        break;
    default:
        break;
    }
}

void kitty_report(struct term *t, const struct csi *csi)
{
    term_reply(t, "\033[?%du", kitty_flags(t));
}

void kitty_push(struct term *t, const struct csi *csi)
{
    struct kitty *k = &t->screen->kitty;

    if (k->n + 1 == KITTY_DEPTH) {
        memmove(k->flags, k->flags + 1, KITTY_DEPTH - 1);
        k->n--;
    }
    k->flags[++k->n] = csi_param(csi, 0, 0) & KITTY_SUPPORTED;
}

void kitty_pop(struct term *t, const struct csi *csi)
{
    struct kitty *k = &t->screen->kitty;
    int n = csi_param(csi, 0, 1);

    if (n == 0)
        n = 1;
    if (n > k->n)
        *k = (struct kitty){0};
    else
        k->n = (uint8_t)(k->n - n);
}

void kitty_set(struct term *t, const struct csi *csi)
{
    uint8_t *flags = &t->screen->kitty.flags[t->screen->kitty.n];
    uint8_t value = csi_param(csi, 0, 0) & KITTY_SUPPORTED;

    switch (csi_param(csi, 1, 1)) {
    case 1:
        *flags = value;
        break;
    case 2:
        *flags |= value;
        break;
    case 3:
        *flags &= (uint8_t)~value;
        break;
    default:
        break;
    }
}

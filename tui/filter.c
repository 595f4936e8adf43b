/* SPDX-License-Identifier: MIT
 *
 * The text is parsed once per change into a kind and a compiled pattern; rows are matched against
 * that. PCRE2 runs with limits, so that no pattern typed by hand can stop the screen.
 */
#include "tui/filter.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <stdio.h>
#include <string.h>
#include <wctype.h>

#include "base/alloc.h"
#include "base/text.h"

/* Steps of one match: some 0.2 ms at worst, so 10,000 rows stay bearable. */
#define MATCH_LIMIT 20000
#define DEPTH_LIMIT 500
#define HEAP_KIB    256

struct filter_regex {
    pcre2_code *code;
    pcre2_match_data *data;
    pcre2_match_context *context;
};

static void regex_destroy(struct filter_regex *r)
{
    if (!r)
        return;
    pcre2_match_context_free(r->context);
    pcre2_match_data_free(r->data);
    pcre2_code_free(r->code);
    free(r);
}

static struct filter_regex *regex_create(const char *pattern, bool case_sensitive, char *error,
                                         size_t cap)
{
    uint32_t options = PCRE2_UTF | PCRE2_NEVER_BACKSLASH_C;
    PCRE2_SIZE offset;
    int code;

    if (!case_sensitive)
        options |= PCRE2_CASELESS;
    pcre2_code *compiled =
        pcre2_compile((PCRE2_SPTR)pattern, strlen(pattern), options, &code, &offset, NULL);
    if (!compiled) {
        PCRE2_UCHAR reason[120];

        pcre2_get_error_message(code, reason, sizeof reason);
        snprintf(error, cap, "%s at character %zu", (char *)reason, (size_t)offset);
        return NULL;
    }
    struct filter_regex *r = xcalloc(1, sizeof *r);
    r->code = compiled;
    r->data = pcre2_match_data_create_from_pattern(compiled, NULL);
    r->context = pcre2_match_context_create(NULL);
    pcre2_set_match_limit(r->context, MATCH_LIMIT);
    pcre2_set_depth_limit(r->context, DEPTH_LIMIT);
    pcre2_set_heap_limit(r->context, HEAP_KIB);
    return r;
}

static bool regex_find(const struct filter_regex *r, const char *text, size_t from, size_t *start,
                       size_t *len)
{
    int n = pcre2_match(r->code, (PCRE2_SPTR)text, strlen(text), from, 0, r->data, r->context);

    if (n < 0)
        return false;
    const PCRE2_SIZE *ends = pcre2_get_ovector_pointer(r->data);
    /* \K in a lookahead can put the start behind the end. */
    if (ends[1] < ends[0])
        return false;
    *start = ends[0];
    *len = ends[1] - ends[0];
    return true;
}

static bool has_upper(const char *text)
{
    size_t n = strlen(text);

    for (size_t i = 0; i < n;) {
        uint32_t c;

        /* \S and \W are classes, not letters somebody means in upper case. */
        if (text[i] == '\\' && text[i + 1]) {
            i += 2;
            continue;
        }
        i += utf8_decode(text + i, n - i, &c);
        if (iswupper((wint_t)c))
            return true;
    }
    return false;
}

static const char *skip_blanks(const char *text)
{
    return text + strspn(text, " ");
}

static const char *option_value(const char *text, char option)
{
    if (text[0] == '-' && text[1] == option && (!text[2] || text[2] == ' '))
        return skip_blanks(text + 2);
    return NULL;
}

static bool parse_label(struct filter *next, const char *text)
{
    const char *equals = strchr(text, '=');
    size_t n = equals ? (size_t)(equals - text) : strlen(text);

    if (!n && equals) {
        snprintf(next->error, sizeof next->error, "-l wants key or key=value");
        return false;
    }
    if (!n)
        return true; /* still being typed */
    next->kind = FILTER_LABEL;
    memcpy(next->pattern, text, n);
    next->pattern[n] = '\0';
    next->has_value = equals != NULL;
    if (equals)
        snprintf(next->value, sizeof next->value, "%s", equals + 1);
    return true;
}

static bool parse(struct filter *next, const char *text)
{
    const char *rest = skip_blanks(text);

    if (*rest == '!') {
        next->invert = true;
        rest = skip_blanks(rest + 1);
    }
    const char *argument = option_value(rest, 'l');
    if (argument)
        return parse_label(next, argument);
    argument = option_value(rest, 'f');
    if (argument) {
        next->kind = *argument ? FILTER_FUZZY : FILTER_NONE;
        next->case_sensitive = has_upper(argument);
        snprintf(next->pattern, sizeof next->pattern, "%s", argument);
        return true;
    }
    if (!*rest)
        return true;
    next->case_sensitive = has_upper(rest);
    next->regex = regex_create(rest, next->case_sensitive, next->error, sizeof next->error);
    next->kind = FILTER_REGEX;
    return next->regex != NULL;
}

bool filter_set(struct filter *f, const char *text)
{
    struct filter next = {0};
    size_t n = strlen(text);

    if (n >= sizeof next.text) {
        snprintf(f->error, sizeof f->error, "too long");
        return false;
    }
    memcpy(next.text, text, n + 1);
    if (!utf8_valid(text, n))
        snprintf(next.error, sizeof next.error, "not UTF-8");
    else if (parse(&next, text)) {
        if (next.kind == FILTER_NONE)
            next.invert = false;
        regex_destroy(f->regex);
        *f = next;
        return true;
    }
    memcpy(f->text, next.text, sizeof f->text);
    memcpy(f->error, next.error, sizeof f->error);
    return false;
}

void filter_finish(struct filter *f)
{
    regex_destroy(f->regex);
    memset(f, 0, sizeof *f);
}

bool filter_active(const struct filter *f)
{
    return f->kind != FILTER_NONE;
}

static bool equal_ignoring_case(const char *a, const char *b)
{
    return strcasecmp(a, b) == 0;
}

static bool label_match(const struct filter *f, filter_label label, void *user)
{
    const char *value = label ? label(user, f->pattern) : NULL;

    if (!value)
        return false;
    return !f->has_value || equal_ignoring_case(value, f->value);
}

bool filter_match(const struct filter *f, const char *text, filter_label label, void *user)
{
    size_t start, len;
    bool hit = true;

    if (f->kind == FILTER_REGEX)
        hit = regex_find(f->regex, text, 0, &start, &len);
    else if (f->kind == FILTER_FUZZY)
        hit = fuzzy_score(f->pattern, text, f->case_sensitive) >= 0;
    else if (f->kind == FILTER_LABEL)
        hit = label_match(f, label, user);
    return hit != f->invert;
}

static uint32_t fold(uint32_t c, bool case_sensitive)
{
    return case_sensitive ? c : (uint32_t)towlower((wint_t)c);
}

static bool fuzzy_span(const struct filter *f, const char *text, size_t *start, size_t *len,
                       size_t *letter)
{
    size_t n_letters = strlen(f->pattern), n = strlen(text), i = *start;
    uint32_t want, c;

    if (*letter == 0 && fuzzy_score(f->pattern, text, f->case_sensitive) < 0)
        return false;
    while (*letter < n_letters && f->pattern[*letter] == ' ')
        ++*letter;
    if (*letter >= n_letters)
        return false;
    size_t used = utf8_decode(f->pattern + *letter, n_letters - *letter, &want);
    while (i < n) {
        size_t size = utf8_decode(text + i, n - i, &c);

        if (fold(c, f->case_sensitive) == fold(want, f->case_sensitive)) {
            *start = i;
            *len = size;
            *letter += used;
            return true;
        }
        i += size;
    }
    return false;
}

bool filter_span(const struct filter *f, const char *text, size_t *start, size_t *len,
                 size_t *letter)
{
    size_t n = strlen(text);

    if (f->invert || *start > n)
        return false;
    if (f->kind == FILTER_FUZZY)
        return fuzzy_span(f, text, start, len, letter);
    if (f->kind != FILTER_REGEX)
        return false;
    /* Empty hits (such as those of "a*") show nothing. */
    while (*start < n && regex_find(f->regex, text, *start, start, len)) {
        if (*len)
            return true;
        uint32_t c;
        if (*start >= n)
            return false;
        *start += utf8_decode(text + *start, n - *start, &c);
    }
    return false;
}

static bool begins_word(uint32_t before, uint32_t c)
{
    return !iswalnum((wint_t)before) || (iswlower((wint_t)before) && iswupper((wint_t)c));
}

int fuzzy_score(const char *letters, const char *text, bool case_sensitive)
{
    size_t n_letters = strlen(letters), n = strlen(text), i = 0;
    uint32_t before = ' ', want, c;
    bool run = false;
    int score = 0, skipped = 0;

    for (size_t k = 0; k < n_letters;) {
        k += utf8_decode(letters + k, n_letters - k, &want);
        if (want == ' ') {
            run = false;
            continue;
        }
        for (;; run = false, skipped++) {
            if (i >= n)
                return -1;
            i += utf8_decode(text + i, n - i, &c);
            bool word = begins_word(before, c);
            before = c;
            if (fold(c, case_sensitive) != fold(want, case_sensitive))
                continue;
            score += 10 + (run ? 15 : 0) + (word ? 12 : 0);
            break;
        }
        run = true;
    }
    score -= skipped < 9 ? skipped : 9;
    return score > 0 ? score : 0;
}

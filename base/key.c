/* SPDX-License-Identifier: MIT */
#include "base/key.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/alloc.h"
#include "base/text.h"

static const struct {
    const char *name;
    uint32_t code;
} named[] = {
    {"Space", ' '},          {"Tab", KEY_TAB},    {"Enter", KEY_ENTER}, {"Esc", KEY_ESCAPE},
    {"BS", KEY_BACKSPACE},   {"Up", KEY_UP},      {"Down", KEY_DOWN},   {"Left", KEY_LEFT},
    {"Right", KEY_RIGHT},    {"Home", KEY_HOME},  {"End", KEY_END},     {"PgUp", KEY_PAGE_UP},
    {"PgDn", KEY_PAGE_DOWN}, {"Ins", KEY_INSERT}, {"Del", KEY_DELETE},
};

static void base_name(char *out, size_t cap, uint32_t code)
{
    for (size_t i = 0; i < ARRAY_LEN(named); i++) {
        if (named[i].code == code) {
            snprintf(out, cap, "%s", named[i].name);
            return;
        }
    }
    if (code >= KEY_F1 && code <= KEY_F24) {
        snprintf(out, cap, "F%u", code - KEY_F1 + 1);
        return;
    }
    char bytes[4];
    size_t n = utf8_encode(code, bytes);
    snprintf(out, cap, "%.*s", (int)n, bytes);
}

char *key_name(char out[KEY_NAME_SIZE], struct key key)
{
    char base[16];

    base_name(base, sizeof base, key.code);
    snprintf(out, KEY_NAME_SIZE, "%s%s%s%s", key.mods & MOD_CTRL ? "C-" : "",
             key.mods & MOD_ALT ? "M-" : "", key.mods & MOD_SHIFT ? "S-" : "", base);
    return out;
}

static bool parse_base(const char *name, uint32_t *code)
{
    size_t n = strlen(name);

    for (size_t i = 0; i < ARRAY_LEN(named); i++) {
        if (strcasecmp(name, named[i].name) == 0) {
            *code = named[i].code;
            return true;
        }
    }
    if ((name[0] == 'F' || name[0] == 'f') && n > 1) {
        char *end;
        unsigned long number = strtoul(name + 1, &end, 10);

        if (*end || number < 1 || number > 24)
            return false;
        *code = KEY_F1 + (uint32_t)number - 1;
        return true;
    }
    return n && utf8_valid(name, n) && utf8_decode(name, n, code) == n && *code > ' ' &&
           *code != 0x7f;
}

bool key_parse(const char *name, struct key *key)
{
    static const struct {
        char letter;
        uint8_t mod;
    } mods[] = {{'C', MOD_CTRL}, {'M', MOD_ALT}, {'A', MOD_ALT}, {'S', MOD_SHIFT}};
    struct key k = {0};

    while (name[0] && name[1] == '-' && name[2]) {
        uint8_t mod = 0;

        for (size_t i = 0; i < ARRAY_LEN(mods); i++)
            if (name[0] == mods[i].letter)
                mod = mods[i].mod;
        if (!mod || k.mods & mod)
            return false;
        k.mods |= mod;
        name += 2;
    }
    if (!parse_base(name, &k.code))
        return false;
    /* Ctrl folds case: no terminal can tell C-B from C-b. */
    if (k.mods & MOD_CTRL && k.code >= 'A' && k.code <= 'Z')
        k.code += 'a' - 'A';
    *key = k;
    return true;
}

/* SPDX-License-Identifier: MIT
 *
 * Runs one fuzz target over the files of its corpus folder, so that what the fuzzer once found
 * stays found by the ordinary tests. Prints TAP: one case a file. Usage: replay CORPUS_DIR
 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <stdbool.h>

#include "base/alloc.h"
#include "base/text.h"
#include "fuzz/targets.h"

static bool replay(const char *folder, const char *name)
{
    cleanup_free char *path = xasprintf("%s/%s", folder, name);
    FILE *f = fopen(path, "rb");
    static uint8_t bytes[1 << 20];

    if (!f)
        return false;
    /* An exact allocation, so that the sanitizer sees a read past the end. */
    size_t n = fread(bytes, 1, sizeof bytes, f);
    cleanup_free uint8_t *exact = xmalloc(n);
    fclose(f);
    memcpy(exact, bytes, n);
    LLVMFuzzerTestOneInput(exact, n);
    return true;
}

int main(int argc, char **argv)
{
    struct dirent **entries;
    int n = argc == 2 ? scandir(argv[1], &entries, NULL, alphasort) : -1, cases = 0, bad = 0;

    if (n < 0) {
        fprintf(stderr, "replay: %s: %s\n", argc == 2 ? argv[1] : "usage: replay CORPUS_DIR",
                strerror(errno));
        return 2;
    }
    text_init_locale();
    for (int i = 0; i < n; i++) {
        if (entries[i]->d_name[0] != '.') {
            bool read = replay(argv[1], entries[i]->d_name);

            bad += !read;
            printf("%s %d - %s\n", read ? "ok" : "not ok", ++cases, entries[i]->d_name);
        }
        free(entries[i]);
    }
    free(entries);
    printf("1..%d\n", cases);
    return bad || !cases;
}

/* SPDX-License-Identifier: MIT
 *
 * Files and folders to a sandbox and back, in the dashboard's files view: byte for byte, with names
 * that mean harm, and cancelled in the middle.
 */
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "tests/e2e/lab.h"

/* What is made here; $L is the lab's folder. The last name cannot be carried and is left out. */
#define MAKE                                                                                       \
    "mkdir -p $L/src/deep/er $L/src/empty $L/out && cd $L/src && "                                 \
    "head -c 3000001 /dev/urandom >../big.bin && head -c 300000 /dev/urandom >deep/er/bin && "     \
    "printf '\\000\\377\\r\\n' >'nul and more' && : >nothing && echo x >\"it's \\\"\\$(id)\\\"\" " \
    "&& echo x >-rf && echo x >'`id`;&' && echo x >'*' && printf x >.hidden && "                   \
    "echo x >'\303\274\346\227\245' && echo x >\"$(printf '\\033[31mred')\" && echo x >'%s%n' && " \
    "printf '#!/bin/sh\\n' >run && chmod 755 run && ln -s run link && "                            \
    "echo x >\"$(printf 'two\\nlines')\""

/* All below a folder: kind, mode of files, name, and contents or target. */
#define SUMS                                                                                       \
    "find . -type f -exec sha256sum -- {} + | LC_ALL=C sort && find . -type f -perm -100 && "      \
    "find . -type d | LC_ALL=C sort && readlink link"

static void sh(struct lab *l, const char *script)
{
    cleanup_free char *whole = xasprintf("set -e; L='%s'; %s", l->dir, script);
    int status = lab_sh(l, whole);

    if (status)
        fail_msg("%s: status %d: %s%s", script, status, l->out, l->err);
}

/* The files view of a new sandbox, at its home. */
static struct pty *open_files(struct lab *l)
{
    lab_gateway(l, NULL);
    lab_do(l, "new", "alice/demo", NULL);
    struct pty *p = lab_pty(l, 24, 100, NULL);

    assert_screen(p, "demo", "running");
    pty_send(p, "4");
    assert_screen(p, "files alice/demo", "is empty");
    return p;
}

static void quit(struct pty *p)
{
    pty_send(p, "\002d");
    assert_int_equal(pty_exit_status(p, WAIT_MS), 0);
    pty_destroy(p);
}

static void upload(struct lab *l, struct pty *p, const char *name)
{
    cleanup_free char *path = lab_path(l, name);

    pty_send(p, "u");
    assert_screen(p, "Upload", "From here");
    pty_send(p, path);
    assert_screen(p, name);
    pty_send(p, "\r");
}

/* All rows that the filter shows. */
static void download(struct lab *l, struct pty *p, const char *filter, const char *count)
{
    cleanup_free char *keys = xasprintf("/%s\r", filter);
    cleanup_free char *folder = lab_path(l, "out");

    pty_send(p, keys);
    assert_screen(p, count);
    pty_send(p, "*f");
    assert_screen(p, "Download", "To folder");
    pty_send(p, "\025");
    pty_send(p, folder);
    pty_send(p, "\r");
}

static void transfers__folder_and_file__come_back_the_same(void **state)
{
    struct lab *l = *state;
    struct pty *p = open_files(l);

    sh(l, MAKE);
    upload(l, p, "src");
    assert_screen(p, "uploaded", "1 left out", "line feed");
    upload(l, p, "big.bin");
    assert_screen(p, "\xe2\x9c\x93 uploaded", "/big.bin");
    sh(l, "rm \"$L/src/$(printf 'two\\nlines')\"; cd $L/src; { " SUMS "; } >../here; "
          "$S exec alice/demo 'cd src && " SUMS "' >$L/there; diff $L/here $L/there");
    download(l, p, "^src$|^big", "2 of ");
    assert_screen(p, "\xe2\x9c\x93 downloaded");
    sh(l, "cmp $L/big.bin $L/out/big.bin; cd $L/out/src; { " SUMS "; } >../../back; "
          "diff $L/here $L/back; ls -A $L/out | wc -l");
    assert_string_equal(l->out, "2\n");
    quit(p);
}

static bool is_clean(void *user)
{
    struct lab *l = user;

    return lab_run(l, "exec", "alice/demo", "cat large; ls -A | grep -c -e '^\\.sandpit-' -e b64",
                   NULL) == 1 &&
           strcmp(l->out, "old\n0\n") == 0;
}

static void transfers__upload_cancelled__old_file_stays(void **state)
{
    struct lab *l = *state;
    struct pty *p = open_files(l);

    sh(l, "truncate -s 400M $L/large; $S exec alice/demo 'echo old >large'");
    upload(l, p, "large");
    assert_screen(p, "There already", "overwrite");
    pty_send(p, "y");
    assert_screen(p, "uploading 1 item", "Esc cancels", " of 419 MB");
    pty_send(p, "\033");
    assert_screen(p, "Cancelled: uploading 1 item");
    assert_true(pty_wait_gone(p, WAIT_MS, "Esc cancels", NULL));
    if (!lab_wait(WAIT_MS, is_clean, l))
        fail_msg("left: %s%s", l->out, l->err);
    quit(p);
}

static void transfers__download_cancelled__nothing_is_left(void **state)
{
    struct lab *l = *state;
    struct pty *p = open_files(l);

    sh(l, "mkdir $L/out; $S exec alice/demo 'truncate -s 400M large'");
    pty_send(p, "\022");
    assert_screen(p, "large");
    download(l, p, "^large", "1 of ");
    assert_screen(p, "downloading 1 item", "Esc cancels", " of 419 MB");
    pty_send(p, "\033");
    assert_screen(p, "Cancelled: downloading 1 item");
    assert_true(pty_wait_gone(p, WAIT_MS, "Esc cancels", NULL));
    sh(l, "ls -A $L/out");
    assert_string_equal(l->out, "");
    quit(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        LAB_TEST(transfers__folder_and_file__come_back_the_same),
        LAB_TEST(transfers__upload_cancelled__old_file_stays),
        LAB_TEST(transfers__download_cancelled__nothing_is_left),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

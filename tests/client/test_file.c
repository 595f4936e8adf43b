/* SPDX-License-Identifier: MIT
 *
 * Files at the real host: the file API, bytes that must arrive as they are, whole trees.
 */
#include "tests/client/hosted.h"

#include <sys/stat.h>
#include <unistd.h>

#include "base/random.h"
#include "client/file.h"
#include "client/transfer.h"
#include "tests/source.h"

static void on_file(void *user, const struct file_info *f, const struct err *e)
{
    struct hosted *h = user;

    hosted_take(h, e);
    if (f)
        buf_printf(&h->text, "%s %lld %s", f->path, (long long)f->size, f->is_dir ? "d" : "f");
}

static void on_files(void *user, const struct file_info *all, size_t n, const struct err *e)
{
    struct hosted *h = user;

    hosted_take(h, e);
    for (size_t i = 0; i < n; i++)
        buf_printf(&h->text, "%s%s ", all[i].name, all[i].is_dir ? "/" : "");
}

static void on_text(void *user, const char *bytes, size_t n, const struct err *e)
{
    struct hosted *h = user;

    hosted_take(h, e);
    buf_append(&h->text, bytes ? bytes : "", n);
}

static void on_exists(void *user, bool exists, const struct err *e)
{
    struct hosted *h = user;

    hosted_take(h, e);
    buf_append_str(&h->text, exists ? "yes" : "no");
}

static void on_batch(void *user, const struct file_result *all, size_t n, const struct err *e)
{
    struct hosted *h = user;

    hosted_take(h, e);
    for (size_t i = 0; i < n; i++)
        buf_printf(&h->text, "%s %d%s ", all[i].path, all[i].is_done, all[i].error[0] ? "!" : "");
}

static void api__write_read_list_delete__text(void **state)
{
    struct hosted *h = *state;
    const char *path = "/tmp/a b/ü%.txt";

    file_write(h->remote, path, "héllo\n", on_file, h);
    hosted_answered(h);
    assert_string_equal(hosted_text(h), "/tmp/a b/ü%.txt 7 f");
    file_stat(h->remote, path, on_file, h);
    hosted_answered(h);
    assert_string_equal(hosted_text(h), "/tmp/a b/ü%.txt 7 f");
    file_read(h->remote, path, on_text, h);
    hosted_answered(h);
    assert_string_equal(hosted_text(h), "héllo\n");
    file_list(h->remote, "/tmp/a b", on_files, h);
    hosted_answered(h);
    assert_string_equal(hosted_text(h), "ü%.txt ");
    file_exists(h->remote, path, on_exists, h);
    hosted_answered(h);
    assert_string_equal(hosted_text(h), "yes");
    file_delete(h->remote, "/tmp/a b", hosted_on_done, h);
    hosted_answered(h);
    file_exists(h->remote, path, on_exists, h);
    hosted_answered(h);
    assert_string_equal(hosted_text(h), "no");
    file_stat(h->remote, path, on_file, h);
    hosted_failed(h, ERR_NOT_FOUND);
    file_list(h->remote, path, on_files, h);
    hosted_failed(h, ERR_NOT_FOUND);
}

static void api__batch__some_fail(void **state)
{
    struct hosted *h = *state;
    const struct file_operation all[] = {
        {"/tmp/b2", "two"}, {"/tmp/b1", "one"}, {"/tmp/none", NULL}};

    file_batch(h->remote, all, ARRAY_LEN(all), on_batch, h);
    hosted_answered(h);
    assert_string_equal(hosted_text(h), "/tmp/b1 1 /tmp/b2 1 /tmp/none 0! ");
}

static void commands__folders_and_names__work(void **state)
{
    struct hosted *h = *state;

    hosted_run(h, "rm -rf /tmp/x /tmp/y; echo >/tmp/y");
    file_make_folder(h->remote, "/tmp/x/'1'/2", hosted_on_done, h);
    hosted_answered(h);
    file_make_folder(h->remote, "/tmp/y", hosted_on_done, h);
    hosted_failed(h, ERR_CONFLICT);
    file_rename(h->remote, "/tmp/x/'1'/2", "/tmp/x/3", hosted_on_done, h);
    hosted_answered(h);
    file_rename(h->remote, "/tmp/x/3", "/tmp/y", hosted_on_done, h);
    hosted_failed(h, ERR_CONFLICT);
    file_rename(h->remote, "/tmp/none", "/tmp/z", hosted_on_done, h);
    hosted_failed(h, ERR_NOT_FOUND);
    file_home(h->remote, on_text, h);
    hosted_answered(h);
    assert_int_equal(hosted_text(h)[0], '/');
}

/* --- byte for byte --- */

struct editing {
    struct hosted *h;
    int n_progress;
    struct file_version version;
    struct buf bytes;
};

static void on_load(void *user, const char *bytes, size_t n, const struct file_version *v,
                    const struct err *e)
{
    struct editing *x = user;

    hosted_take(x->h, e);
    buf_clear(&x->bytes);
    buf_append(&x->bytes, bytes ? bytes : "", n);
    if (v)
        x->version = *v;
}

static void on_save(void *user, const struct file_version *v, const struct err *e)
{
    struct editing *x = user;

    hosted_take(x->h, e);
    if (v)
        x->version = *v;
}

static void exact__every_byte__comes_back(void **state)
{
    static const size_t sizes[] = {
        0, 1, 255, 72 << 10, (72 << 10) + 1, (1 << 20) - 1, 1 << 20, (1 << 20) + 1, 2621443};
    struct hosted *h = *state;
    struct editing x = {.h = h};
    char *bytes = xmalloc(2621443);

    random_bytes(bytes, 2621443);
    for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
        file_save(h->remote, "/tmp/exact/it's", bytes, sizes[i], NULL, on_save, &x);
        hosted_answered(h);
        file_load(h->remote, "/tmp/exact/it's", on_load, &x);
        hosted_answered(h);
        assert_int_equal(x.bytes.len, sizes[i]);
        if (sizes[i])
            assert_memory_equal(x.bytes.data, bytes, sizes[i]);
    }
    assert_string_equal(hosted_run(h, "ls -A /tmp/exact"), "0 it's\n");
    free(bytes);
    buf_finish(&x.bytes);
}

static void exact__edited_meanwhile__is_a_conflict(void **state)
{
    struct hosted *h = *state;
    struct editing x = {.h = h};
    struct file_version old, none = {.mode = -1};

    hosted_run(h, "echo one >/tmp/e; chmod 640 /tmp/e; ln -sf e /tmp/e-link");
    file_load(h->remote, "/tmp/e-link", on_load, &x);
    hosted_answered(h);
    assert_string_equal(x.bytes.data, "one\n");
    assert_int_equal(x.version.mode, 0640);
    old = x.version;
    file_save(h->remote, "/tmp/e-link", "two\n", 4, &old, on_save, &x);
    hosted_answered(h);
    assert_string_equal(hosted_run(h, "stat -c '%a %F' /tmp/e /tmp/e-link; cat /tmp/e"),
                        "0 640 regular file\n777 symbolic link\ntwo\n");
    file_save(h->remote, "/tmp/e", "three\n", 6, &old, on_save, &x);
    hosted_failed(h, ERR_CONFLICT);
    file_save(h->remote, "/tmp/e", "three\n", 6, &none, on_save, &x);
    hosted_failed(h, ERR_CONFLICT);
    file_save(h->remote, "/tmp/e", "three\n", 6, &x.version, on_save, &x);
    hosted_answered(h);
    file_save(h->remote, "/tmp/fresh", "new\n", 4, &none, on_save, &x);
    hosted_answered(h);
    assert_string_equal(hosted_run(h, "cat /tmp/e /tmp/fresh; ls -A /tmp | grep sandpit-tmp"),
                        "1 three\nnew\n");
    buf_finish(&x.bytes);
}

static void exact__odd_files__are_refused(void **state)
{
    static const struct {
        const char *path;
        enum err_code code;
    } cases[] = {
        {"/tmp/none", ERR_NOT_FOUND}, {"/tmp", ERR_ARG},     {"/dev/zero", ERR_ARG},
        {"/tmp/fifo", ERR_ARG},       {"relative", ERR_ARG}, {"/tmp/huge", ERR_LIMIT},
    };
    struct hosted *h = *state;
    struct editing x = {.h = h};

    hosted_run(h, "rm -f /tmp/fifo; mkfifo /tmp/fifo; truncate -s 1G /tmp/huge");
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        file_load(h->remote, cases[i].path, on_load, &x);
        hosted_failed(h, cases[i].code);
    }
    file_save(h->remote, "/tmp", "x", 1, NULL, on_save, &x);
    hosted_failed(h, ERR_ARG);
    file_load(h->remote, "/proc/self/status", on_load, &x);
    hosted_answered(h);
    assert_non_null(strstr(x.bytes.data, "Name:"));
    buf_finish(&x.bytes);
}

static long endless(void *user, char *out, size_t cap)
{
    memset(out, 'x', cap);
    return (long)cap;
}

static void on_some(void *user, const struct file_progress *p)
{
    ((struct editing *)user)->n_progress++;
}

static void exact__cancelled__leaves_nothing(void **state)
{
    struct hosted *h = *state;
    struct editing x = {.h = h};
    struct file_put_options o = {.path = "/tmp/half/way",
                                 .source = endless,
                                 .on_progress = on_some,
                                 .total = -1,
                                 .mode = -1};
    struct request *r = file_put(h->remote, &o, on_save, &x);

    await(&h->loop, 10000, x.n_progress == 2);
    assert_non_null(strstr(hosted_run(h, "ls -A /tmp/half"), ".sandpit-tmp-"));
    request_cancel(r);
    await(&h->loop, 10000, !strcmp(hosted_run(h, "ls -A /tmp/half"), "0 "));
    assert_int_equal(h->n_answers, 0);
}

/* --- trees --- */

struct copying {
    struct hosted *h;
    struct transfer *transfer;
    struct transfer_progress last;
    int n_progress;
};

static void on_progress(void *user, const struct transfer_progress *p)
{
    struct copying *c = user;

    assert_true(p->bytes_done >= c->last.bytes_done);
    assert_true(p->bytes_done <= p->bytes_total);
    c->last = *p;
    c->n_progress++;
}

static void on_note(void *user, const char *text)
{
    buf_printf(&((struct copying *)user)->h->text, "%s\n", text);
}

static void on_copied(void *user, const struct transfer_progress *p, const struct err *e)
{
    struct copying *c = user;

    c->last = *p;
    c->transfer = NULL;
    hosted_take(c->h, e);
}

static void copy(struct copying *c, bool is_upload, const char *local, const char *remote)
{
    struct transfer_options o = {.is_upload = is_upload,
                                 .is_recursive = true,
                                 .local = local,
                                 .remote = remote,
                                 .on_progress = on_progress,
                                 .on_note = on_note,
                                 .on_done = on_copied};

    c->last = (struct transfer_progress){0};
    c->n_progress = 0;
    c->transfer = transfer_start(c->h->remote, &o, c);
}

/* Modes, links, contents of everything below, in one text. */
#define PRINT_TREE                                                                                 \
    "find . -type f -exec stat -c '%n %a' {} + | sort; find . -type f -exec cksum {} + | sort; "   \
    "find . -type l -printf '%p %l\\n' | sort; find . -type d | sort"

static char *run_here(const char *folder, const char *script)
{
    cleanup_free char *out = xasprintf("%s.out", folder);
    cleanup_free char *line = xasprintf("cd '%s' && { %s; } > '%s'", folder, script, out);

    run_program((const char *const[]){"sh", "-c", line, NULL});
    char *text = read_whole(out, NULL);

    assert_non_null(text);
    unlink(out);
    return text;
}

static void tree__there_and_back__is_the_same(void **state)
{
    struct hosted *h = *state;
    struct copying c = {.h = h};
    char folder[] = "/tmp/sandpit-copy-XXXXXX";

    assert_non_null(mkdtemp(folder));
    cleanup_free char *from = xasprintf("%s/from", folder), *to = xasprintf("%s/to", folder);

    mkdir(from, 0755);
    cleanup_free char *nothing = run_here(
        from, "mkdir -p 'a b/c' empty; i=0; while [ $i -lt 120 ]; do echo $i >\"a b/f$i\"; "
              "i=$((i+1)); done; head -c 3000000 /dev/urandom >big; head -c 70000 /dev/urandom "
              ">\"a b/it's\"; : >nil; printf 'x\\0y' >nul; chmod 755 nil; chmod 600 nul; "
              "ln -s 'a b/f1' link; ln -s ../nul 'a b/up'; ln -s /etc/passwd out; ln -s . dot");
    cleanup_free char *before = run_here(from, PRINT_TREE);

    copy(&c, true, from, "/tmp/tree");
    hosted_answered(h);
    assert_true(c.n_progress > 5);
    assert_int_equal(c.last.files_done, c.last.files_total);
    assert_true(c.last.bytes_done == c.last.bytes_total && c.last.bytes_total > 3070000);
    assert_string_equal(hosted_text(h), "");
    assert_string_equal(hosted_run(h, "cd /tmp/tree; " PRINT_TREE) + 2, before);

    copy(&c, false, to, "/tmp/tree");
    hosted_answered(h);
    assert_string_equal(hosted_text(h),
                        "out: a link that leads out of the folder, to /etc/passwd\n");
    cleanup_free char *removed = run_here(from, "rm out");
    cleanup_free char *wanted = run_here(from, PRINT_TREE);
    cleanup_free char *got = run_here(to, PRINT_TREE);

    assert_string_equal(got, wanted);
    copy(&c, false, to, "/tmp/tree"); /* over what is there */
    hosted_answered(h);
    remove_tree(folder);
}

static void tree__one_file__both_ways(void **state)
{
    struct hosted *h = *state;
    struct copying c = {.h = h};
    char folder[] = "/tmp/sandpit-copy-XXXXXX";

    assert_non_null(mkdtemp(folder));
    cleanup_free char *one = xasprintf("%s/one", folder), *two = xasprintf("%s/two", folder);
    cleanup_free char *made = run_here(folder, "printf 'a\\377b' >one; chmod 751 one");

    copy(&c, true, one, "/tmp/new/one");
    hosted_answered(h);
    copy(&c, false, two, "/tmp/new/one");
    hosted_answered(h);
    cleanup_free char *got = run_here(folder, "stat -c %a two; od -An -tx1 two");

    assert_string_equal(got, "751\n 61 ff 62\n");
    copy(&c, true, folder, "/tmp/new/one");
    hosted_failed(h, ERR_IO);
    copy(&c, false, folder, "/tmp/new/none");
    hosted_failed(h, ERR_NOT_FOUND);
    copy(&c, true, "/no/such/file", "/tmp/x");
    hosted_failed(h, ERR_NOT_FOUND);
    remove_tree(folder);
}

static void tree__hostile_names__stay_in_the_folder(void **state)
{
    struct hosted *h = *state;
    struct copying c = {.h = h};
    char folder[] = "/tmp/sandpit-copy-XXXXXX";

    assert_non_null(mkdtemp(folder));
    cleanup_free char *to = xasprintf("%s/to", folder);

    hosted_run(h, "rm -rf /tmp/h; mkdir /tmp/h; cd /tmp/h; echo 1 >fine; ln -s ../.. up; "
                  "ln -s /etc abs; mkfifo pipe; echo 2 >\"$(printf 'new\\nline')\"; "
                  "echo 3 >\"$(printf 'bad\\377')\"; mkdir '...'; echo 4 >.../-rf");
    copy(&c, false, to, "/tmp/h");
    hosted_answered(h);
    cleanup_free char *got = run_here(to, "find . | sort; cat fine .../-rf");

    assert_string_equal(got, ".\n./...\n./.../-rf\n./fine\n1\n4\n");
    const char *notes = hosted_text(h);

    assert_non_null(strstr(notes, "up: a link"));
    assert_non_null(strstr(notes, "abs: a link"));
    assert_non_null(strstr(notes, "pipe: neither"));
    /* A local link in the way is not followed. */
    cleanup_free char *linked = run_here(folder, "rm -r to/...; ln -s /tmp to/...");

    copy(&c, false, to, "/tmp/h");
    hosted_failed(h, ERR_CONFLICT);
    remove_tree(folder);
}

static void tree__cancelled__leaves_no_half_files(void **state)
{
    struct hosted *h = *state;
    struct copying c = {.h = h};
    char folder[] = "/tmp/sandpit-copy-XXXXXX";

    assert_non_null(mkdtemp(folder));
    cleanup_free char *to = xasprintf("%s/to", folder);

    hosted_run(h, "mkdir -p /tmp/big; head -c 20000000 /dev/zero >/tmp/big/zero");
    copy(&c, false, to, "/tmp/big");
    await(&h->loop, 10000, c.last.bytes_done > 0);
    transfer_cancel(c.transfer);
    cleanup_free char *got = run_here(to, "ls -A");

    assert_string_equal(got, "");
    assert_int_equal(h->n_answers, 0);
    remove_tree(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_host(api__write_read_list_delete__text),
        with_host(api__batch__some_fail),
        with_host(commands__folders_and_names__work),
        with_host(exact__every_byte__comes_back),
        with_host(exact__edited_meanwhile__is_a_conflict),
        with_host(exact__odd_files__are_refused),
        with_host(exact__cancelled__leaves_nothing),
        with_host(tree__there_and_back__is_the_same),
        with_host(tree__one_file__both_ways),
        with_host(tree__hostile_names__stay_in_the_folder),
        with_host(tree__cancelled__leaves_no_half_files),
    };
    return cmocka_run_group_tests_name("file", tests, hosted_setup, hosted_teardown);
}

/* SPDX-License-Identifier: MIT */
#include "tests/cm.h"

#include "tests/host/gateway/host.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "host/gateway/internal.h"

/* --- making templates --- */

static char *in_templates(const struct host *h, const char *name)
{
    return xasprintf("%s/templates/%s", h->state, name);
}

static void write_file(const char *path, const void *bytes, size_t n)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

    if (fd < 0)
        fail_msg("%s: %s", path, strerror(errno));
    assert_int_equal(write(fd, bytes, n), (ssize_t)n);
    close(fd);
}

/* A small tree of files for on top of the host's system. */
static void make_tree(const char *path)
{
    cleanup_free char *opt = xasprintf("%s/opt", path);
    cleanup_free char *file = xasprintf("%s/opt/course", path);
    cleanup_free char *link = xasprintf("%s/opt/link", path);

    assert_int_equal(mkdir(path, 0755), 0);
    assert_int_equal(mkdir(opt, 0755), 0);
    write_file(file, "exercise 1\n", 11);
    assert_int_equal(chmod(file, 0751), 0);
    assert_int_equal(symlink("/opt/course", link), 0);
}

static void run(const char *const *args)
{
    int status;
    pid_t pid = fork();

    if (pid == 0) {
        execvp(args[0], (char *const *)args);
        _exit(127);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
}

/* One member of a ustar archive, as a hostile hand would write it. */
static void add_member(struct buf *tar, const char *name, char type, const char *link,
                       const char *text)
{
    char head[512] = "";
    unsigned sum = 0;

    snprintf(head, 100, "%s", name);
    snprintf(head + 100, 8, "%07o", 0644);
    snprintf(head + 108, 8, "%07o", 0);
    snprintf(head + 116, 8, "%07o", 0);
    snprintf(head + 124, 12, "%011o", (unsigned)strlen(text) & 0777);
    snprintf(head + 136, 12, "%011o", 0);
    memset(head + 148, ' ', 8);
    head[156] = type;
    snprintf(head + 157, 100, "%s", link);
    memcpy(head + 257, "ustar\00000", 8); // NOLINT(bugprone-not-null-terminated-result)
    for (size_t i = 0; i < sizeof head; i++)
        sum += (unsigned char)head[i];
    snprintf(head + 148, 8, "%06o", sum);
    buf_append(tar, head, sizeof head);
    if (*text) {
        char block[512] = "";

        snprintf(block, sizeof block, "%s", text);
        buf_append(tar, block, sizeof block);
    }
}

static void put_tar(const struct host *h, const char *name, struct buf *tar)
{
    cleanup_free char *path = in_templates(h, name);
    static const char end[1024];

    buf_append(tar, end, sizeof end);
    write_file(path, tar->data, tar->len);
    buf_finish(tar);
}

/* --- using them --- */

static int create(const struct host *h, const char *name, cJSON **json)
{
    cleanup_free char *body = xasprintf("{\"templateId\":\"%s\"}", name);

    return host_ask(h, "POST", "/v1/sandboxes", body, json);
}

static char *create_well(const struct host *h, const char *name)
{
    cleanup_free char *body = xasprintf("{\"templateId\":\"%s\"}", name);

    return host_create(h, body);
}

static void assert_refused(const struct host *h, const char *name, int status, const char *why)
{
    cJSON *json;
    int found = create(h, name, &json);

    if (found != status || !strstr(text_in(json, "error"), why))
        fail_msg("%s: %d %s", name, found, text_in(json, "error"));
    cJSON_Delete(json);
}

static void assert_has_course(const struct host *h, const char *id)
{
    cleanup_free char *path = xasprintf("%s/sandboxes/%s/root/opt/course", h->state, id);
    cleanup_free char *link = xasprintf("%s/sandboxes/%s/root/opt/link", h->state, id);
    char found[64] = "";
    cleanup_fd int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct stat st;

    assert_true(fd >= 0);
    assert_int_equal(read(fd, found, sizeof found), 11);
    assert_string_equal(found, "exercise 1\n");
    assert_int_equal(fstat(fd, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0751);
    assert_int_equal(lstat(link, &st), 0);
    assert_true(S_ISLNK(st.st_mode));
}

static int count_sandboxes(const struct host *h)
{
    cleanup_free char *path = xasprintf("%s/sandboxes", h->state);
    DIR *folder = opendir(path);
    const struct dirent *d;
    int n = 0;

    assert_non_null(folder);
    while (folder && (d = readdir(folder)))
        n += d->d_name[0] != '.';
    if (folder)
        closedir(folder);
    return n;
}

static int command(struct host *h, const char *verb, const char *a, const char *b, struct buf *said)
{
    const char *args[] = {"sandpitd", "template", verb, "--state", h->state, a, b, NULL};

    return host_start_failing(h, args, said);
}

static void template__directory__on_top_of_the_system(void **state)
{
    struct host *h = *state;
    cleanup_free char *path = in_templates(h, "course");
    cJSON *json;

    make_tree(path);
    cleanup_free char *id = create_well(h, "course");
    assert_has_course(h, id);
    assert_int_equal(host_ask(h, "GET", "/v1/templates", NULL, &json), 200);
    cJSON *one = cJSON_GetArrayItem(cJSON_GetObjectItemCaseSensitive(json, "data"), 0);
    assert_string_equal(text_in(one, "name"), "course");
    assert_string_equal(text_in(one, "kind"), "directory");
    assert_true(cJSON_IsFalse(cJSON_GetObjectItemCaseSensitive(one, "ownSystem")));
    cJSON_Delete(json);
    assert_int_equal(host_ask_sandbox(h, id, "/health", NULL), 200);
}

static void template__archives__of_every_kind(void **state)
{
    struct host *h = *state;
    static const char *const kinds[][2] = {{".tar", "--no-auto-compress"},
                                           {".tar.gz", "--gzip"},
                                           {".tgz", "--gzip"},
                                           {".tar.xz", "--xz"},
                                           {".tar.zst", "--zstd"},
                                           {".tar.bz2", "--bzip2"}};
    cleanup_free char *tree = xasprintf("%s/tree", h->folder);

    make_tree(tree);
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        cleanup_free char *file = xasprintf("%s/templates/t%zu%s", h->state, i, kinds[i][0]);
        cleanup_free char *name = xasprintf("t%zu", i);
        const char *const args[] = {"tar", "--create", "--file", file, kinds[i][1],
                                    "-C",  tree,       ".",      NULL};

        run(args);
        cleanup_free char *id = create_well(h, name);
        assert_has_course(h, id);
    }
}

static void template__unknown__names_those_there_are(void **state)
{
    struct host *h = *state;
    cleanup_free char *a = in_templates(h, "alpha");
    cleanup_free char *b = in_templates(h, "beta");
    cleanup_free char *hidden = in_templates(h, ".new-x");

    assert_refused(h, "none", 400, "there are none");
    assert_int_equal(mkdir(a, 0755), 0);
    assert_int_equal(mkdir(b, 0755), 0);
    assert_int_equal(mkdir(hidden, 0755), 0);
    assert_refused(h, "none", 400, "no such template: none (there are: alpha, beta)");
    assert_refused(h, "../sandboxes", 400, "no such template");
    assert_refused(h, ".new-x", 400, "no such template");
    assert_refused(h, "alpha/", 400, "no such template");
    assert_int_equal(count_sandboxes(h), 0);
}

static void template__broken_archive__is_a_clear_error(void **state)
{
    struct host *h = *state;
    cleanup_free char *garbage = in_templates(h, "bad.tar.gz");
    cleanup_free char *text = in_templates(h, "text.tar");

    write_file(garbage, "this is no archive", 18);
    write_file(text, "neither is this", 15);
    assert_refused(h, "bad", 500, "bad.tar.gz: ");
    assert_refused(h, "text", 500, "This does not look like a tar archive");
    wait_until(count_sandboxes(h) == 0);
    cleanup_free char *id = host_create(h, "{}"); /* and all goes on */
}

static void template__hostile_archive__stays_inside(void **state)
{
    struct host *h = *state;
    cleanup_free char *outside = xasprintf("%s/outside", h->folder);
    cleanup_free char *escaped = xasprintf("%s/escaped", outside);
    cleanup_free char *up = xasprintf("%s/sandboxes/escaped", h->state);
    cleanup_free char *absolute = xasprintf("%s/absolute", outside);
    struct buf tar = {0};

    assert_int_equal(mkdir(outside, 0755), 0);
    add_member(&tar, "../../escaped", '0', "", "text");
    put_tar(h, "up.tar", &tar);
    assert_refused(h, "up", 500, "Member name contains '..'");
    assert_int_not_equal(access(up, F_OK), 0);

    add_member(&tar, "way", '2', outside, "");
    add_member(&tar, "way/escaped", '0', "", "text");
    put_tar(h, "link.tar", &tar);
    cJSON *json;
    create(h, "link", &json); /* whatever becomes of it */
    cJSON_Delete(json);
    assert_int_not_equal(access(escaped, F_OK), 0);

    add_member(&tar, absolute, '0', "", "text");
    put_tar(h, "absolute.tar", &tar);
    cleanup_free char *id = create_well(h, "absolute");
    cleanup_free char *inside = xasprintf("%s/sandboxes/%s/root%s", h->state, id, absolute);
    assert_int_not_equal(access(absolute, F_OK), 0);
    assert_int_equal(access(inside, F_OK), 0);
}

/* The gateway may be root, and make what an ordinary user could not. */
static void template__devices__are_not_made(void **state)
{
    struct host *h = *state;
    struct buf tar = {0};

    add_member(&tar, "dev/", '5', "", "");
    add_member(&tar, "dev/sda", '4', "", "");
    add_member(&tar, "opt/", '5', "", "");
    put_tar(h, "usual.tar", &tar);
    cleanup_free char *id = create_well(h, "usual"); /* what is in /dev nobody misses */
    cleanup_free char *device = xasprintf("%s/sandboxes/%s/root/dev/sda", h->state, id);
    assert_int_not_equal(access(device, F_OK), 0);
    add_member(&tar, "opt/disk", '4', "", "");
    put_tar(h, "odd.tar", &tar);
    assert_refused(h, "odd", 500, "Cannot mknod");
}

/* An archive that takes long: gigabytes of a hole. */
static void put_long_archive(const struct host *h)
{
    cleanup_free char *path = in_templates(h, "long.tar");
    struct buf tar = {0};
    char *size;
    unsigned sum = 0;

    add_member(&tar, "opt/zeros", '0', "", "");
    size = tar.data + 124;
    snprintf(size, 12, "%011llo", 6ull << 30);
    memset(tar.data + 148, ' ', 8);
    for (size_t i = 0; i < 512; i++)
        sum += (unsigned char)tar.data[i];
    snprintf(tar.data + 148, 8, "%06o", sum);
    write_file(path, tar.data, tar.len);
    assert_int_equal(truncate(path, (6ll << 30) + 512 + 1024), 0);
    buf_finish(&tar);
}

static int begin(const struct host *h)
{
    static const char body[] = "{\"templateId\":\"long\",\"name\":\"long\"}";
    cleanup_free char *text = xasprintf("POST /v1/sandboxes HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n"
                                        "X-ComputeSDK-API-Key: test-key\r\n"
                                        "Content-Length: %zu\r\n\r\n%s",
                                        h->port, sizeof body - 1, body);
    int fd = host_connect(h);

    send_text(fd, text);
    return fd;
}

/* The one sandbox there is, as soon as its file is being written; owned. */
static char *wait_for_zeros(const struct host *h)
{
    cJSON *json;
    cleanup_free char *zeros = NULL;

    wait_until(count_sandboxes(h) == 1);
    assert_int_equal(host_ask(h, "GET", "/v1/sandboxes", NULL, &json), 200);
    const cJSON *list = cJSON_GetObjectItemCaseSensitive(
        cJSON_GetObjectItemCaseSensitive(json, "data"), "sandboxes");
    assert_string_equal(text_in(cJSON_GetArrayItem(list, 0), "status"), "creating");
    char *id = xstrdup(text_in(cJSON_GetArrayItem(list, 0), "sandboxId"));
    cJSON_Delete(json);
    zeros = xasprintf("%s/sandboxes/%s/root/opt/zeros", h->state, id);
    wait_until(access(zeros, F_OK) == 0);
    return id;
}

static void template__destroyed_while_unpacked__ends_at_once(void **state)
{
    struct host *h = *state;
    cJSON *json;

    put_long_archive(h);
    int fd = begin(h);
    cleanup_free char *id = wait_for_zeros(h);
    cleanup_free char *path = xasprintf("/v1/sandboxes/%s", id);
    assert_int_equal(host_ask(h, "DELETE", path, NULL, NULL), 200);
    assert_int_not_equal(read_reply(fd, &json), 200);
    assert_non_null(strstr(text_in(json, "error"), "destroyed"));
    cJSON_Delete(json);
    close(fd);
    wait_until(count_sandboxes(h) == 0);
}

/* A system of bash, a few tools and their libraries, with nothing else of this machine's. */
static void make_system(const struct host *h, const char *name)
{
    static const char script[] =
        "set -e; mkdir -p \"$1\"/usr/bin \"$1\"/usr/lib \"$1\"/usr/lib64 \"$1\"/etc; cd \"$1\"\n"
        "for d in bin lib lib64; do ln -s usr/$d $d; done\n"
        "ln -s bash usr/bin/sh; echo own >etc/marker\n"
        "for p in bash ls cat id; do\n"
        "  p=$(command -v $p); cp -L $p usr/bin/\n"
        "  for l in $(ldd $p | grep -o '/[^ ]*'); do\n"
        "    case $l in */ld-linux*) cp -Ln $l usr/lib64/;; *) cp -Ln $l usr/lib/;; esac\n"
        "  done\n"
        "done\n";
    cleanup_free char *path = in_templates(h, name);
    const char *const args[] = {"bash", "-c", script, "bash", path, NULL};

    run(args);
}

static bool is_own_system(const struct host *h, const char *path)
{
    cJSON *json;

    assert_int_equal(host_ask(h, "GET", path, NULL, &json), 200);
    const cJSON *one = cJSON_GetArrayItem(cJSON_GetObjectItemCaseSensitive(json, "data"), 0);
    bool own = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(one, "ownSystem"));
    cJSON_Delete(json);
    return own;
}

static void assert_is_own(const struct host *h, const char *body, char **id)
{
    cleanup_free char *token = NULL;

    *id = host_create_with(h, body, &token);
    cleanup_free char *said = host_sh(
        h, *id, token,
        "cat /etc/marker; ls /usr/bin; echo; id -un; ls /usr; command -v hand; TERM=xterm bash "
        "--rcfile /run/sandpit/shell/bashrc -ic 'echo ${PROMPT_COMMAND:-none} "
        "${PROMPT_COMMAND[7717]:+marks}' 2>/dev/null");
    assert_string_equal(said, "own\nbash\ncat\nid\nls\nsh\n\nuser\nbin\nlib\nlib64\n"
                              "/run/sandpit/bin/hand\nnone marks\n");
}

/* As a folder, as an archive, and what is made from a snapshot of it. */
static void template__whole_system__is_all_there_is(void **state)
{
    struct host *h = *state;
    cleanup_free char *folder = in_templates(h, "own");
    cleanup_free char *archive = in_templates(h, "packed.tar.gz");
    const char *const pack[] = {"tar", "--create", "--gzip", "--file", archive,
                                "-C",  folder,     ".",      NULL};
    cleanup_free char *first = NULL;
    cleanup_free char *second = NULL;
    cleanup_free char *third = NULL;
    cJSON *json;

    make_system(h, "own");
    assert_true(is_own_system(h, "/v1/templates"));
    assert_is_own(h, "{\"templateId\":\"own\"}", &first);
    run(pack);
    assert_is_own(h, "{\"templateId\":\"packed\"}", &second);
    cleanup_free char *body = xasprintf("{\"sandboxId\":\"%s\"}", second);
    assert_int_equal(host_ask(h, "POST", "/v1/snapshots", body, &json), 200);
    assert_true(is_own_system(h, "/v1/snapshots"));
    cleanup_free char *again = xasprintf("{\"snapshotId\":\"%s\"}", text_in(json, "id"));
    cJSON_Delete(json);
    assert_is_own(h, again, &third);
}

/* Does any process work in the sandboxes' folders? */
static bool is_worked_in(const struct host *h)
{
    cleanup_free char *prefix = xasprintf("%s/sandboxes/", h->state);
    DIR *folder = opendir("/proc");
    const struct dirent *d;
    bool found = false;

    assert_non_null(folder);
    while (folder && (d = readdir(folder))) {
        cleanup_free char *link = xasprintf("/proc/%s/cwd", d->d_name);
        char path[512];
        ssize_t n = readlink(link, path, sizeof path - 1);

        found |= n > (ssize_t)strlen(prefix) && !strncmp(path, prefix, strlen(prefix));
    }
    if (folder)
        closedir(folder);
    return found;
}

/* Nobody writes on when the gateway is gone, or the next one could not clean up. */
static void template__gateway_killed_while_unpacking__tar_ends_too(void **state)
{
    struct host *h = *state;

    put_long_archive(h);
    int fd = begin(h);
    cleanup_free char *id = wait_for_zeros(h);
    assert_true(is_worked_in(h));
    host_end(h, SIGKILL);
    close(fd);
    wait_until(!is_worked_in(h));
    host_start(h, NULL);
    wait_until(count_sandboxes(h) == 0);
    cleanup_free char *other = host_create(h, "{\"name\":\"long\"}"); /* its name is free */
}

static void template__stopped_while_unpacking__is_clean(void **state)
{
    struct host *h = *state;

    put_long_archive(h);
    int fd = begin(h);
    cleanup_free char *id = wait_for_zeros(h);
    assert_int_equal(host_end(h, SIGTERM), 0);
    close(fd);
    host_start(h, NULL);
    wait_until(count_sandboxes(h) == 0);
}

static void template__command__adds_and_removes(void **state)
{
    struct host *h = *state;
    cleanup_free char *tree = xasprintf("%s/tree", h->folder);
    cleanup_free char *bad = xasprintf("%s/bad.tar", h->folder);
    cleanup_free char *left = in_templates(h, ".new-left");
    cleanup_buf struct buf said = {0};

    make_tree(tree);
    write_file(bad, "no archive", 10);
    assert_int_equal(mkdir(left, 0700), 0);
    assert_int_equal(command(h, "add", "course", tree, &said), 0);
    assert_int_not_equal(access(left, F_OK), 0); /* of one that was killed */
    cleanup_free char *id = create_well(h, "course");
    assert_has_course(h, id);
    assert_int_equal(command(h, "add", "course", tree, &said), 1);
    assert_non_null(strstr(said.data, "already"));
    assert_int_equal(command(h, "add", "../x", tree, &said), 1);
    assert_int_equal(command(h, "add", "bad", bad, &said), 1);
    assert_non_null(strstr(said.data, "does not look like a tar archive"));
    assert_int_equal(command(h, "add", "other", "/etc/hostname", &said), 1);
    assert_int_equal(command(h, "rm", "course", NULL, &said), 0);
    assert_int_equal(command(h, "rm", "course", NULL, &said), 1);
    assert_int_equal(command(h, "rm", "../sandboxes", NULL, &said), 1);
    assert_int_equal(command(h, "nonsense", NULL, NULL, &said), 2);
    assert_refused(h, "course", 400, "there are none");
}

static void template__of_a_snapshot__for_a_class(void **state)
{
    struct host *h = *state;
    cleanup_free char *sandbox = host_create(h, "{}");
    cleanup_free char *body = xasprintf("{\"sandboxId\":\"%s\"}", sandbox);
    cleanup_free char *file = xasprintf("%s/sandboxes/%s/root/opt/course", h->state, sandbox);
    cleanup_free char *link = xasprintf("%s/sandboxes/%s/root/opt/link", h->state, sandbox);
    cleanup_buf struct buf said = {0};
    cJSON *json;

    write_file(file, "exercise 1\n", 11);
    assert_int_equal(chmod(file, 0751), 0);
    assert_int_equal(symlink("/opt/course", link), 0);
    assert_int_equal(host_ask(h, "POST", "/v1/snapshots", body, &json), 200);
    const char *const args[] = {"sandpitd",          "template", "add",    "class", "--snapshot",
                                text_in(json, "id"), "--state",  h->state, NULL};
    assert_int_equal(host_start_failing(h, args, &said), 0);
    cJSON_Delete(json);
    for (int i = 0; i < 3; i++) {
        cleanup_free char *id = create_well(h, "class");

        assert_has_course(h, id);
    }
    const char *const unknown[] = {"sandpitd",     "template", "add",    "x", "--snapshot",
                                   "../templates", "--state",  h->state, NULL};
    assert_int_equal(host_start_failing(h, unknown, &said), 1);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, host_setup, host_teardown)
    const struct CMUnitTest tests[] = {
        CASE(template__directory__on_top_of_the_system),
        CASE(template__archives__of_every_kind),
        CASE(template__unknown__names_those_there_are),
        CASE(template__broken_archive__is_a_clear_error),
        CASE(template__hostile_archive__stays_inside),
        CASE(template__devices__are_not_made),
        CASE(template__destroyed_while_unpacked__ends_at_once),
        CASE(template__gateway_killed_while_unpacking__tar_ends_too),
        CASE(template__stopped_while_unpacking__is_clean),
        CASE(template__whole_system__is_all_there_is),
        CASE(template__command__adds_and_removes),
        CASE(template__of_a_snapshot__for_a_class),
    };
#undef CASE

    return cmocka_run_group_tests_name("templates", tests, NULL, NULL);
}

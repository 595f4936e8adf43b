/* SPDX-License-Identifier: MIT
 *
 * What R records, the real asciinema plays: its output is the recorded output, byte for byte.
 */
#include <cjson/cJSON.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "tests/e2e/desk.h"

/* The "o" events of an asciicast v2, joined. */
static char *output_of(char *cast)
{
    struct buf out = {0};
    char *save = NULL;

    strtok_r(cast, "\n", &save); /* the header */
    for (char *line; (line = strtok_r(NULL, "\n", &save));) {
        cJSON *event = cJSON_Parse(line);

        assert_int_equal(cJSON_GetArraySize(event), 3);
        if (strcmp(cJSON_GetArrayItem(event, 1)->valuestring, "o") == 0)
            buf_append_str(&out, cJSON_GetArrayItem(event, 2)->valuestring);
        cJSON_Delete(event);
    }
    return buf_steal(&out);
}

static void recording__plays_in_asciinema(void **state)
{
    struct lab *l = *state;
    cleanup_free char *pattern = lab_path(l, "data/sandpit/recordings/*.cast");
    glob_t found;

    lab_gateway(l, NULL);
    struct pty *p = desk_open(l, 24, 80, "t/show");
    pty_send(p, PREFIX "R");
    assert_screen(p, "REC");
    desk_run(p, "clear; printf '\\033[1;38;5;208mwide %s\\033[m \"quoted\"\\n' 漢字; seq 1 30",
             "30");
    assert_screen(p, "30", "$");
    assert_true(pty_wait_quiet(p, 200, WAIT_MS));
    pty_send(p, PREFIX "R");
    assert_screen(p, "recorded into");
    desk_leave(p);
    if (glob(pattern, 0, NULL, &found) != 0 || found.gl_pathc != 1)
        fail_msg("no recording: %s", pattern);
    cleanup_free char *cast = lab_read(l, found.gl_pathv[0] + strlen(l->dir) + 1);
    /* It wants a terminal, though it reads none. */
    cleanup_free char *script =
        xasprintf("script -q -c \"asciinema cat '%s' > played\" /dev/null", found.gl_pathv[0]);
    globfree(&found);
    assert_non_null(cast);
    cleanup_free char *expected = output_of(cast);
    assert_non_null(strstr(expected, "漢字"));
    if (lab_sh(l, script) != 0)
        fail_msg("asciinema: %s", l->err);
    cleanup_free char *played = lab_read(l, "played");
    if (!played || strcmp(played, expected) != 0)
        fail_msg("asciinema played \"%s\", recorded was \"%s\"; %s", played, expected, l->out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {LAB_TEST(recording__plays_in_asciinema)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}

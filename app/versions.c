/* SPDX-License-Identifier: MIT
 *
 * Asked at run time where a library can tell: what is loaded may differ from what was built with.
 */
#include "app/versions.h"

#include <cjson/cJSON.h>
#include <curl/curl.h>
#include <libwebsockets.h>
#include <stdio.h>
#include <uv.h>
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "tui/screen.h"

static void add(struct version *out, size_t *n, const char *name, const char *text)
{
    out[*n].name = name;
    snprintf(out[*n].text, sizeof out[*n].text, "%s", text);
    ++*n;
}

size_t versions_get(struct version out[VERSIONS_MAX])
{
    char text[80] = "";
    size_t n = 0;

    add(out, &n, "sandpit", SANDPIT_VERSION);
    add(out, &n, "libuv", uv_version_string());
    add(out, &n, "libcurl", curl_version_info(CURLVERSION_NOW)->version);
    add(out, &n, "TLS of libcurl", curl_version_info(CURLVERSION_NOW)->ssl_version);
    add(out, &n, "libwebsockets", lws_get_library_version());
    add(out, &n, "ncurses", screen_library_version());
    add(out, &n, "cJSON", cJSON_Version());
    pcre2_config(PCRE2_CONFIG_VERSION, text);
    add(out, &n, "PCRE2", text);
    return n;
}

void versions_print(void)
{
    struct version all[VERSIONS_MAX];
    size_t n = versions_get(all);

    printf("%s %s\n", all[0].name, all[0].text);
    for (size_t i = 1; i < n; i++)
        printf("  %-22s %s\n", all[i].name, all[i].text);
}

/* SPDX-License-Identifier: MIT
 *
 * What a gateway leaves in its state folder, and asking whether it is still there.
 */
#include "app/embedded.h"

#include <cjson/cJSON.h>
#include <curl/curl.h>
#include <string.h>

#include "base/alloc.h"
#include "wire/url.h"

#define RECORD_MAX 65536

static bool is_loopback(const char *text)
{
    struct url u = {0};

    if (url_parse(&u, text, NULL) < 0)
        return false;
    bool good = strcmp(u.scheme, "http") == 0 &&
                (strncmp(u.host, "127.", 4) == 0 || strcmp(u.host, "::1") == 0 ||
                 url_host_is_localhost(u.host));
    url_finish(&u);
    return good;
}

bool embedded_record_read(struct embedded_record *r, const char *state_dir)
{
    cleanup_free char *path = xasprintf("%s/gateway.json", state_dir);
    cleanup_free char *text = paths_read_file(path, RECORD_MAX, NULL);
    cJSON *json = text ? cJSON_Parse(text) : NULL;
    const char *url = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(json, "url"));
    const char *version = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(json, "version"));
    const cJSON *pid = cJSON_GetObjectItemCaseSensitive(json, "pid");

    *r = (struct embedded_record){0};
    if (url && is_loopback(url)) {
        r->url = xstrdup(url);
        r->version = version ? xstrdup(version) : NULL;
        r->pid = cJSON_IsNumber(pid) ? pid->valueint : 0;
    }
    cJSON_Delete(json);
    return r->url;
}

void embedded_record_finish(struct embedded_record *r)
{
    free(r->url);
    free(r->version);
    *r = (struct embedded_record){0};
}

static size_t on_body(char *bytes, size_t size, size_t n, void *user)
{
    return n * size;
}

int embedded_probe(const char *url, long timeout_ms, struct err *e)
{
    cleanup_free char *health = xasprintf("%s/health", url);
    CURL *curl = curl_easy_init();
    long status = 0;

    if (!curl)
        return err_set(e, ERR_INTERNAL, "libcurl cannot be initialised");
    curl_easy_setopt(curl, CURLOPT_URL, health);
    curl_easy_setopt(curl, CURLOPT_PROXY, "");
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, timeout_ms);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_body);
    CURLcode code = curl_easy_perform(curl);
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_cleanup(curl);
    if (code != CURLE_OK)
        return err_set(e, ERR_UNREACHABLE, "%s: %s", url, curl_easy_strerror(code));
    if (status != 200)
        return err_set(e, ERR_HTTP, "%s: status %ld", url, status);
    return 0;
}

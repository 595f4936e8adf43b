/* SPDX-License-Identifier: MIT
 *
 * The table of protocol.md section 5, in its order, which is the order of preference.
 */
#include "app/providers.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

struct credential {
    const char *variable, *header;
};

/* vercel has two rows: either set of credentials will do. */
static const struct provider {
    const char *name;
    struct credential credentials[PROVIDER_HEADERS_MAX];
} providers[] = {
    {"e2b", {{"E2B_API_KEY", "X-E2B-API-Key"}}},
    {"railway",
     {{"RAILWAY_API_KEY", "X-Railway-API-Key"},
      {"RAILWAY_PROJECT_ID", "X-Railway-Project-ID"},
      {"RAILWAY_ENVIRONMENT_ID", "X-Railway-Environment-ID"}}},
    {"render", {{"RENDER_API_KEY", "X-Render-API-Key"}, {"RENDER_OWNER_ID", "X-Render-Owner-ID"}}},
    {"daytona", {{"DAYTONA_API_KEY", "X-Daytona-API-Key"}}},
    {"modal",
     {{"MODAL_TOKEN_ID", "X-Modal-Token-ID"}, {"MODAL_TOKEN_SECRET", "X-Modal-Token-Secret"}}},
    {"runloop", {{"RUNLOOP_API_KEY", "X-Runloop-API-Key"}}},
    {"vercel",
     {{"VERCEL_TOKEN", "X-Vercel-Token"},
      {"VERCEL_TEAM_ID", "X-Vercel-Team-ID"},
      {"VERCEL_PROJECT_ID", "X-Vercel-Project-ID"}}},
    {"vercel", {{"VERCEL_OIDC_TOKEN", "X-Vercel-OIDC-Token"}}},
    {"cloudflare",
     {{"CLOUDFLARE_API_TOKEN", "X-Cloudflare-API-Token"},
      {"CLOUDFLARE_ACCOUNT_ID", "X-Cloudflare-Account-ID"}}},
    {"codesandbox", {{"CSB_API_KEY", "X-CodeSandbox-API-Key"}}},
    {"blaxel", {{"BL_API_KEY", "X-Blaxel-API-Key"}, {"BL_WORKSPACE", "X-Blaxel-Workspace"}}},
    {"namespace", {{"NSC_TOKEN", "X-Namespace-Token"}}},
    {"hopx", {{"HOPX_API_KEY", "X-HOPX-API-Key"}}},
    {"beam", {{"BEAM_TOKEN", "X-Beam-Token"}, {"BEAM_WORKSPACE_ID", "X-Beam-Workspace-Id"}}},
    {"sprites", {{"SPRITES_TOKEN", "X-Sprites-Token"}}},
    {"agentuity", {{"AGENTUITY_SDK_KEY", "X-Agentuity-SDK-Key"}}},
    {"freestyle", {{"FREESTYLE_API_KEY", "X-Freestyle-API-Key"}}},
    {"upstash", {{"UPSTASH_BOX_API_KEY", "X-Upstash-Box-API-Key"}}},
    /* These want nothing, so they are taken only when named. */
    {"computesdk", {{NULL, NULL}}},
    {"just-bash", {{NULL, NULL}}},
    {"secure-exec", {{NULL, NULL}}},
};

static bool wants_nothing(const struct provider *p)
{
    return !p->credentials[0].variable;
}

bool provider_is_credential(const char *variable)
{
    for (size_t i = 0; i < ARRAY_LEN(providers); i++)
        for (size_t k = 0; k < PROVIDER_HEADERS_MAX && providers[i].credentials[k].variable; k++)
            if (strcmp(providers[i].credentials[k].variable, variable) == 0)
                return true;
    return false;
}

static const char *credential_value(const struct credential *c)
{
    const char *value = getenv(c->variable);

    return value && *value ? value : NULL;
}

static bool take(const struct provider *p, struct provider_choice *out)
{
    struct provider_choice choice = {.name = p->name};
    size_t n = 0;

    for (const struct credential *c = p->credentials; n < PROVIDER_HEADERS_MAX && c->variable;
         c++) {
        const char *value = credential_value(c);

        if (!value)
            return false;
        choice.headers[n++] = (struct gateway_header){c->header, value};
    }
    *out = choice;
    return true;
}

bool provider_known(const char *name)
{
    for (size_t i = 0; i < ARRAY_LEN(providers); i++)
        if (strcmp(providers[i].name, name) == 0)
            return true;
    return false;
}

bool provider_choose(const char *name, struct provider_choice *out)
{
    for (size_t i = 0; i < ARRAY_LEN(providers); i++)
        if (strcmp(providers[i].name, name) == 0 && take(&providers[i], out))
            return true;
    return false;
}

int provider_detect(struct provider_choice *out, struct err *e)
{
    const char *named = getenv("COMPUTESDK_PROVIDER");

    if (named && *named && provider_choose(named, out))
        return 0;
    for (size_t i = 0; i < ARRAY_LEN(providers); i++)
        if (!wants_nothing(&providers[i]) && take(&providers[i], out))
            return 0;
    if (named && *named)
        err_set(e, ERR_AUTH, "the credentials of provider \"%.40s\" are incomplete", named);
    else
        err_set(e, ERR_AUTH, "COMPUTESDK_API_KEY is set, but no provider's credentials are");
    err_hint(e, "set what one of these providers wants, or COMPUTESDK_PROVIDER=computesdk");
    return -ERR_AUTH;
}

void provider_missing(struct buf *out)
{
    for (size_t i = 0; i < ARRAY_LEN(providers); i++) {
        const struct provider *p = &providers[i];
        const char *separator = " ";

        if (wants_nothing(p))
            continue;
        buf_printf(out, "  %s:", p->name);
        for (size_t k = 0; k < PROVIDER_HEADERS_MAX && p->credentials[k].variable; k++)
            if (!credential_value(&p->credentials[k])) {
                buf_printf(out, "%s%s", separator, p->credentials[k].variable);
                separator = ", ";
            }
        buf_append_char(out, '\n');
    }
}

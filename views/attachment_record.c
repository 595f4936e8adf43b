/* SPDX-License-Identifier: MIT
 *
 * An attached terminal is recorded, from a key until the next or until its end.
 */
#include "base/alloc.h"
#include "views/attachment_internal.h"
#include "views/views.h"

void attachment_end_recording(struct attachment *a)
{
    struct recorder *r = steal_pointer(&a->recorder);
    const char *error = r ? recorder_error(r) : NULL;

    if (!r)
        return;
    if (error)
        tui_toast(a->env->tui, ROLE_ERROR,
                  "\xe2\x9c\x97 The recording stopped: %s; what there is: %s", error,
                  recorder_path(r));
    else
        tui_toast(a->env->tui, ROLE_GOOD, "\xe2\x9c\x93 recorded into %s", recorder_path(r));
    recorder_stop(r);
    tui_redraw_all(a->env->tui);
}

void attachment_take_record(struct attachment *a, const char *bytes, size_t n)
{
    if (!a->recorder)
        return;
    recorder_output(a->recorder, bytes, n);
    if (recorder_error(a->recorder))
        attachment_end_recording(a);
}

void attachment_record(struct attachment *a)
{
    attachment_record_bounded(a, 0);
}

void attachment_record_bounded(struct attachment *a, uint64_t bytes_max)
{
    char label[160];
    struct err e = {0};

    if (a->recorder) {
        attachment_end_recording(a);
        return;
    }
    views_sandbox_name(a->env, a->sandbox_id, label, sizeof label);
    if (!a->env->recordings_dir)
        err_set(&e, ERR_UNSUPPORTED, "there is no folder for recordings");
    else
        a->recorder = recorder_start(a->env->recordings_dir, label, a->term, bytes_max, &e);
    if (a->recorder)
        tui_toast(a->env->tui, ROLE_STATUS,
                  "\xe2\x97\x8f recording %s: what it prints, not what is typed", label);
    else
        views_toast_error(a->env, &e);
    tui_redraw_all(a->env->tui);
}

void attachment_record_pause(struct attachment *a)
{
    if (!a->recorder)
        tui_toast(a->env->tui, ROLE_WARN, "It is not being recorded");
    else
        tui_toast(a->env->tui, ROLE_STATUS, "%s",
                  recorder_pause(a->recorder, a->term) ? "\xe2\x80\x96 recording paused"
                                                       : "\xe2\x97\x8f recording goes on");
    tui_redraw_all(a->env->tui);
}

const struct recorder *attachment_recorder(const struct attachment *a)
{
    return a->recorder;
}

/* SPDX-License-Identifier: MIT */
#include "host/daemon/children.h"

#include <errno.h>
#include <signal.h>
#include <sys/wait.h>

bool children_reap(struct children *c)
{
    for (;;) {
        int status;
        pid_t pid = waitpid(-1, &status, WNOHANG);
        struct child *child;

        if (pid < 0 && errno == EINTR)
            continue;
        if (pid <= 0)
            return pid == 0;
        HASH_FIND_INT(c->by_pid, &pid, child);
        if (!child)
            continue;
        children_forget(c, child);
        child->on_exit(child, status);
    }
}

static void on_sigchld(uv_signal_t *handle, int signum)
{
    children_reap(handle->data);
}

int children_init(struct children *c, uv_loop_t *loop, struct err *e)
{
    int r;

    c->by_pid = NULL;
    r = uv_signal_init(loop, &c->sigchld);
    if (r)
        return err_set_errno(e, -r, "SIGCHLD");
    c->sigchld.data = c;
    r = uv_signal_start(&c->sigchld, on_sigchld, SIGCHLD);
    return r ? err_set_errno(e, -r, "SIGCHLD") : 0;
}

void children_stop(struct children *c)
{
    uv_close((uv_handle_t *)&c->sigchld, NULL);
    HASH_CLEAR(hh, c->by_pid);
}

void children_add(struct children *c, struct child *child, pid_t pid)
{
    child->pid = pid;
    HASH_ADD_INT(c->by_pid, pid, child);
}

void children_forget(struct children *c, struct child *child)
{
    if (!child->pid)
        return;
    HASH_DEL(c->by_pid, child);
    child->pid = 0;
}

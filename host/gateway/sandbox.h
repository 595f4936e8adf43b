/* SPDX-License-Identifier: MIT
 *
 * A sandbox among sandbox*.c; for others there is internal.h.
 */
#ifndef HOST_GATEWAY_SANDBOX_H
#define HOST_GATEWAY_SANDBOX_H

#include "host/gateway/internal.h"

/* --- sandbox.c --- */
struct sandbox *sandbox_allocate(struct gateway *g);
/* One of what keeps it in memory has ended. */
void sandbox_release(struct sandbox *s);
/* Frees it as soon as nothing of it is open any more. */
void sandbox_let_go(struct sandbox *s);
/* The change holds also when it could not be written down. */
int sandbox_record_status(struct sandbox *s, enum phase phase, const char *status,
                          const char *reason, struct err *e);
void sandbox_set_status(struct sandbox *s, enum phase phase, const char *status,
                        const char *reason);
/* Those who wait for its end, or for its being ready. e NULL: success. */
void sandbox_answer_waiters(struct sandbox *s, bool for_end, const struct err *e);
void sandbox_arm_expiry(struct sandbox *s);
void sandbox_add_name(struct sandbox *s);
void sandbox_drop_name(struct sandbox *s);
void sandbox_on_poll_closed(uv_handle_t *handle);

/* --- sandbox_start.c --- */
/* The reason is for those who wait for it; nobody else has seen it in use. */
void sandbox_fail_start(struct sandbox *s, const char *what);
void sandbox_refuse_start(struct sandbox *s, const struct err *e);
void sandbox_on_start_timeout(uv_timer_t *timer);

/* o NULL: it is started again. */
int sandbox_start_jail(struct sandbox *s, const struct create_options *o, struct err *e);

/* --- sandbox_life.c --- */
void sandbox_forget_setup(struct sandbox *s);

/* --- sandbox_return.c --- */
/* Its daemon has gone: another one is to be started. */
void sandbox_return(struct sandbox *s, const char *reason);
/* It was lost: one more try. */
void sandbox_try_return(struct sandbox *s);
/* Another one is being started, by an earlier gateway; it is connected. */
void sandbox_await_return(struct sandbox *s);
/* The new one has spoken; or has ended before that. */
void sandbox_returned(struct sandbox *s);
void sandbox_return_failed(struct sandbox *s, const char *reason);
/* It does not wait for its turn any more, or has had it. */
void sandbox_end_turn(struct sandbox *s);

/* --- sandbox_end.c --- */
void sandbox_end(struct sandbox *s);
void sandbox_kill(struct sandbox *s);
/* False: there is no descriptor of its daemon. */
bool sandbox_watch_exit(struct sandbox *s, uv_poll_cb on_exit);
/* Closes the descriptor, too. */
void sandbox_unwatch_exit(struct sandbox *s);
/* From here on nobody finds it, and its name is free. */
void sandbox_withdraw(struct sandbox *s);

#endif

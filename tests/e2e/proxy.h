/* SPDX-License-Identifier: MIT
 *
 * A TCP proxy in a thread of the test, which can cut or delay what runs through it. It listens on
 * 127.0.0.1 and forwards to the same port of 127.0.0.2, so that addresses with that port lead
 * through it.
 */
#ifndef TESTS_E2E_PROXY_H
#define TESTS_E2E_PROXY_H

struct proxy;

struct proxy *proxy_create(void);
void proxy_destroy(struct proxy *p);
int proxy_port(const struct proxy *p);
/* Resets every connection and refuses new ones, until proxy_mend. Returns when it is so. */
void proxy_cut(struct proxy *p);
/* Takes and gives nothing from now on, closes nothing, until proxy_mend: what was sent meanwhile
 * arrives then. */
void proxy_hush(struct proxy *p);
void proxy_mend(struct proxy *p);
/* From now on bytes arrive so much later, each way. */
void proxy_delay(struct proxy *p, int ms);

#endif

/* SPDX-License-Identifier: MIT
 *
 * What the files about servers share. For client/ only.
 */
#ifndef CLIENT_SERVER_INTERNAL_H
#define CLIENT_SERVER_INTERNAL_H

#include "client/server.h"

/* Fills a struct server_info with strings borrowed from json; false: it has no slug. */
bool server_read(void *out, const cJSON *json);

#endif

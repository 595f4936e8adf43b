/* SPDX-License-Identifier: MIT
 *
 * A link that is slow: what arrives at 127.0.0.1:PORT goes to the same port of 127.0.0.2, and each
 * way takes MS. Prints PORT and serves until it is ended.
 *
 *   slow_link MS
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "tests/e2e/proxy.h"

int main(int argc, char **argv)
{
    if (argc != 2) {
        fputs("usage: slow_link MS\n", stderr);
        return 2;
    }
    struct proxy *p = proxy_create();

    proxy_delay(p, atoi(argv[1]));
    printf("%d\n", proxy_port(p));
    fflush(stdout);
    pause();
    proxy_destroy(p);
    return 0;
}

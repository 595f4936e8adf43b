/* SPDX-License-Identifier: MIT
 *
 * Allocation and scope-bound cleaning.
 *
 * The x* functions never return NULL: a program that cannot get a few bytes can neither draw nor
 * answer, so it says so on stderr and aborts (the crash handler restores the terminal). Anything
 * whose size somebody else chooses must be bounded by the caller before it gets here.
 */
#ifndef BASE_ALLOC_H
#define BASE_ALLOC_H

#include <stddef.h>
#include <stdlib.h>
#include <unistd.h>

void *xmalloc(size_t n_bytes);
void *xcalloc(size_t n, size_t n_bytes);
/* Overflow of n * n_bytes aborts. */
void *xreallocarray(void *p, size_t n, size_t n_bytes);
char *xstrdup(const char *text);
char *xstrndup(const char *text, size_t n);
char *xasprintf(const char *format, ...) __attribute__((format(printf, 1, 2)));

static inline void cleanup_free_fn(void *p)
{
    free(*(void **)p);
}

static inline void cleanup_fd_fn(int *fd)
{
    if (*fd >= 0)
        close(*fd);
}

#define cleanup_free __attribute__((cleanup(cleanup_free_fn)))
#define cleanup_fd   __attribute__((cleanup(cleanup_fd_fn)))

/* Hands the value over and leaves NULL (or -1) behind, so that a cleaner finds nothing. */
#define steal_pointer(pp)                                                                          \
    __extension__({                                                                                \
        __typeof__(*(pp)) stolen_ = *(pp);                                                         \
        *(pp) = NULL;                                                                              \
        stolen_;                                                                                   \
    })

static inline int steal_fd(int *fd)
{
    int stolen = *fd;
    *fd = -1;
    return stolen;
}

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

#endif

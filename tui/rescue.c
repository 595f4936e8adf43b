/* SPDX-License-Identifier: MIT
 *
 * See rescue.h. The handlers stay installed once they are, and do nothing but pass the signal on
 * while nothing is armed. What was installed before (a sanitizer's reporter) gets the signal next.
 */
#include "tui/rescue.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"

#define RESET_MAX_BYTES 1024

static struct {
    volatile sig_atomic_t armed;
    bool installed;
    pid_t pid;
    int fd;
    struct termios saved;
    char reset[RESET_MAX_BYTES];
    size_t n;
} rescue;

static const int fatal_signals[] = {SIGSEGV, SIGBUS,  SIGFPE,  SIGILL, SIGABRT,
                                    SIGSYS,  SIGTRAP, SIGQUIT, SIGXCPU};
static struct sigaction previous[ARRAY_LEN(fatal_signals)];

/* The descriptor does not block; a terminal that takes nothing for a second is given up. */
static void write_all(const char *bytes, size_t n)
{
    for (int tries = 0; n && tries < 20;) {
        ssize_t done = write(rescue.fd, bytes, n);

        if (done > 0) {
            bytes += done;
            n -= (size_t)done;
        } else if (done < 0 && errno == EAGAIN) {
            struct pollfd fd = {.fd = rescue.fd, .events = POLLOUT};

            poll(&fd, 1, 50);
            tries++;
        } else if (done == 0 || errno != EINTR) {
            return;
        }
    }
}

void rescue_now(void)
{
    int saved_errno = errno;

    if (!rescue.armed || rescue.pid != getpid())
        return;
    rescue.armed = 0;
    /* CAN ends a sequence that was cut. */
    write_all("\x18", 1);
    write_all(rescue.reset, rescue.n);
    tcsetattr(rescue.fd, TCSANOW, &rescue.saved);
    errno = saved_errno;
}

static void on_fatal(int signum, siginfo_t *info, void *context)
{
    rescue_now();
    for (size_t i = 0; i < ARRAY_LEN(fatal_signals); i++)
        if (fatal_signals[i] == signum)
            sigaction(signum, &previous[i], NULL);
    /* A fault happens again when this returns, at the place a debugger wants to see. */
    if (info->si_code <= 0 || signum == SIGABRT)
        raise(signum);
}

static void install(void)
{
    static char stack[64 * 1024];
    stack_t alternate = {.ss_sp = stack, .ss_size = sizeof stack}, present;
    struct sigaction action = {.sa_sigaction = on_fatal,
                               .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER};

    /* A stack that overflowed cannot run a handler. */
    if (sigaltstack(NULL, &present) == 0 && present.ss_flags & SS_DISABLE)
        sigaltstack(&alternate, NULL);
    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < ARRAY_LEN(fatal_signals); i++)
        sigaction(fatal_signals[i], &action, &previous[i]);
    atexit(rescue_now);
    rescue.installed = true;
}

void rescue_arm(int fd, const struct termios *saved, const char *reset, size_t n)
{
    rescue.armed = 0;
    rescue.pid = getpid();
    rescue.fd = fd;
    rescue.saved = *saved;
    rescue.n = n < RESET_MAX_BYTES ? n : RESET_MAX_BYTES;
    memcpy(rescue.reset, reset, rescue.n);
    if (!rescue.installed)
        install();
    rescue.armed = 1;
}

void rescue_disarm(void)
{
    rescue.armed = 0;
}

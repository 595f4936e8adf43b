/* SPDX-License-Identifier: MIT
 *
 * `sandpitd daemon`: pid 1 of a sandbox. Descriptors 3, 4 and 5 as host/link.h says.
 */
#ifndef HOST_DAEMON_DAEMON_H
#define HOST_DAEMON_DAEMON_H

/* Runs until the gateway says stop; returns the exit status. */
int daemon_main(int argc, char **argv);

#endif

/* SPDX-License-Identifier: MIT
 *
 * /etc of a sandbox on the host's system: a tmpfs made afresh each time, with a chosen few of the
 * host's files and generated ones.
 */
#include <errno.h>
#include <glob.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "host/jail.h"
#include "host/jail_internal.h"

/* No secrets in these: npmrc, gitconfig, profile.d, shadow and the like stay outside. */
static const char *const etc_from_host[] = {
    "alternatives",
    "bash_completion",
    "bash_completion.d",
    "bindresvport.blacklist",
    "ca-certificates",
    "ca-certificates.conf",
    "debian_version",
    "ethertypes",
    "fonts",
    "gai.conf",
    "groff",
    "host.conf",
    "inputrc",
    "java-*",
    "ld.so.cache",
    "ld.so.conf",
    "ld.so.conf.d",
    "less",
    "lsb-release",
    "localtime",
    "locale.alias",
    "locale.conf",
    "locale.gen",
    "login.defs",
    "lynx",
    "magic",
    "magic.mime",
    "mailcap",
    "manpath.config",
    "mime.types",
    "nanorc",
    "networks",
    "os-release",
    "perl",
    "pki",
    "profile",
    "protocols",
    "python*",
    "redhat-release",
    "rpc",
    "screenrc",
    "services",
    "shells",
    "ssl/certs",
    "ssl/openssl.cnf",
    "terminfo",
    "timezone",
    "tmux.conf",
    "vim",
    "wgetrc",
    "xattr.conf",
};

static void add_etc_path(struct jail_command *c, const char *path)
{
    char target[PATH_MAX];
    struct stat st;
    ssize_t n;

    if (lstat(path, &st))
        return;
    n = S_ISLNK(st.st_mode) ? readlink(path, target, sizeof target - 1) : -1;
    if (n > 0) {
        target[n] = '\0';
        /* A link into what the sandbox has stays one; others are bound by what they lead to. */
        if (!strncmp(target, "/usr/", 5) || !strncmp(target, "../usr/", 7) ||
            !strncmp(target, "/etc/alternatives/", 18)) {
            jail_add3(c, "--symlink", target, path);
            return;
        }
    }
    if (!access(path, R_OK))
        jail_add3(c, "--ro-bind-try", path, path);
}

static void add_etc_from_host(struct jail_command *c)
{
    for (size_t i = 0; i < ARRAY_LEN(etc_from_host); i++) {
        cleanup_free char *pattern = xasprintf("/etc/%s", etc_from_host[i]);
        glob_t found;

        if (glob(pattern, 0, NULL, &found))
            continue;
        for (size_t k = 0; k < found.gl_pathc && k < 16; k++)
            add_etc_path(c, found.gl_pathv[k]);
        globfree(&found);
    }
}

static const char prompt_file[] =
    "# Made by sandpitd at each start of the sandbox; put your own settings into ~/.bashrc.\n"
    "[ -z \"$PS1\" ] && return\n"
    "shopt -s checkwinsize\n"
    "PS1='\\[\\e[1;32m\\]\\h\\[\\e[0m\\]:\\[\\e[1;34m\\]\\w\\[\\e[0m\\]\\$ '\n"
    "case $TERM in xterm*) PS1=\"\\[\\e]0;\\h: \\w\\a\\]$PS1\" ;; esac\n"
    "alias ls='ls --color=auto' grep='grep --color=auto'\n"
    "[ -r /usr/share/bash-completion/bash_completion ] && ! shopt -oq posix &&\n"
    "    . /usr/share/bash-completion/bash_completion\n"
    "[ -r " JAIL_DIR "/shell/bash ] && . " JAIL_DIR "/shell/bash\n"
    "true\n";

static char *resolver(bool outbound)
{
    return xstrdup(outbound ? "# slirp4netns passes questions on to the host's resolver.\n"
                              "nameserver 10.0.2.3\n"
                            : "# This sandbox has a network of its own and no way out of it.\n");
}

struct jail_etc jail_etc_texts(const struct jail_spec *spec, const char *hostname, bool outbound)
{
    return (struct jail_etc){
        .hosts = xasprintf("127.0.0.1 localhost %s %s.localhost\n::1 localhost ip6-localhost\n",
                           hostname, spec->id),
        .resolv = spec->private_network ? resolver(outbound) : NULL,
    };
}

void jail_etc_finish(struct jail_etc *etc)
{
    free(etc->hosts);
    free(etc->resolv);
}

static int add_text(struct jail_command *c, const char *path, const char *text, struct err *e)
{
    struct buf bytes = {0};
    int r;

    buf_append_str(&bytes, text);
    r = jail_add_file(c, path, &bytes, e);
    buf_finish(&bytes);
    return r;
}

static int add_generated(struct jail_command *c, const char *hostname, const struct jail_etc *etc,
                         struct err *e)
{
    cleanup_free char *hostname_file = xasprintf("%s\n", hostname);
    const struct {
        const char *path, *text;
    } files[] = {
        {"/etc/passwd", "root:x:0:0:root:/root:/bin/bash\n" JAIL_USER ":x:1000:1000::" JAIL_HOME
                        ":/bin/bash\nnobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n"},
        {"/etc/group", "root:x:0:\ntty:x:5:\n" JAIL_USER ":x:1000:\nnogroup:x:65534:\n"},
        {"/etc/nsswitch.conf", "passwd: files\ngroup: files\nshadow: files\n"
                               "hosts: files dns\nnetworks: files\nprotocols: files\n"
                               "services: files\n"},
        {"/etc/hosts", etc->hosts},
        {"/etc/hostname", hostname_file},
        {"/etc/bash.bashrc", prompt_file},
        {"/etc/resolv.conf", etc->resolv},
    };
    int r = 0;

    for (size_t i = 0; i < ARRAY_LEN(files) && !r; i++)
        if (files[i].text)
            r = add_text(c, files[i].path, files[i].text, e);
    return r;
}

int jail_add_etc(struct jail_command *c, const char *hostname, const struct jail_etc *etc,
                 struct err *e)
{
    add_etc_from_host(c);
    if (!etc->resolv)
        add_etc_path(c, "/etc/resolv.conf");
    jail_add3(c, "--symlink", "/proc/self/mounts", "/etc/mtab");
    return add_generated(c, hostname, etc, e);
}

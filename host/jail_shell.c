/* SPDX-License-Identifier: MIT
 *
 * What the shells of a sandbox are told at their start, and its program `hand`: read-only files
 * beside the daemon (host/daemon/shell.h says who uses them).
 *
 * The integration says where prompts and commands begin and end (OSC 133) and leaves prompt,
 * history and statuses as they are. In bash it is an element of PROMPT_COMMAND of its own, which
 * stays when somebody sets the variable; bash before 5.1 has no elements, before 4.4 no PS0.
 */
#include <string.h>

#include "base/alloc.h"
#include "host/jail.h"
#include "host/jail_internal.h"

#define FOLDER "@DIR@" /* stands for the folder in the texts */

/* ~/.bashrc, which --rcfile stands for, then ours. */
static const char bashrc_text[] = "# Made by sandpitd; put your own settings into ~/.bashrc.\n"
                                  "[ -r ~/.bashrc ] && . ~/.bashrc\n"
                                  ". \"${BASH_SOURCE[0]%/*}/bash\"\n"
                                  "true\n";

/* @DIR@: the folder. The marks go to the terminal, wherever the shell's output goes; `set -x` shows
 * nothing of it. */
static const char bash_text[] =
    "# Made by sandpitd: tells the terminal where prompts and commands begin and end (OSC 133).\n"
    "case $- in *i*) ;; *) return 0 ;; esac\n"
    "case :$PATH: in *:@DIR@/bin:*) ;; *) PATH=$PATH:@DIR@/bin ;; esac\n"
    "[ \"${TERM-}\" = dumb ] && return 0\n"
    "__sandpit_begin='\\e]133;C\\a'\n"
    "__sandpit_prompt() {\n"
    "    local status=$?\n"
    "    [[ ${PS0-} == *\"$__sandpit_begin\"* ]] || PS0=$__sandpit_begin${PS0-}\n"
    "    builtin printf \"${__sandpit_end-}\"'\\e]133;A\\a' \"$status\" >/dev/tty\n"
    "    __sandpit_end='\\e]133;D;%s\\a'\n"
    "    return $status\n"
    "}\n"
    "if (( BASH_VERSINFO[0] * 100 + BASH_VERSINFO[1] >= 501 )); then\n"
    "    PROMPT_COMMAND[7717]='{ __sandpit_prompt || :; } 2>/dev/null'\n"
    "elif [[ ${PROMPT_COMMAND-} != *__sandpit_prompt* ]]; then\n"
    "    PROMPT_COMMAND=$'{ __sandpit_prompt; } 2>/dev/null\\n'${PROMPT_COMMAND-}\n"
    "fi\n";

/* zsh reads it for ~/.zshenv, because ZDOTDIR leads here; it takes that back first. */
static const char zshenv_text[] =
    "# Made by sandpitd; put your own settings into ~/.zshenv and ~/.zshrc.\n"
    "if [[ -n ${SANDPIT_ZDOTDIR+set} ]]; then\n"
    "    ZDOTDIR=$SANDPIT_ZDOTDIR\n"
    "    unset SANDPIT_ZDOTDIR\n"
    "else\n"
    "    unset ZDOTDIR\n"
    "fi\n"
    "if [[ -o interactive && ${TERM-} != dumb ]]; then\n"
    "    __sandpit_precmd() {\n"
    "        builtin printf ${__sandpit_end-}'\\e]133;A\\a' $? >$TTY\n"
    "        __sandpit_end='\\e]133;D;%s\\a'\n"
    "    }\n"
    "    __sandpit_preexec() {\n"
    "        builtin printf '\\e]133;C\\a' >$TTY\n"
    "    }\n"
    "    typeset -ga precmd_functions preexec_functions\n"
    "    precmd_functions+=(__sandpit_precmd)\n"
    "    preexec_functions+=(__sandpit_preexec)\n"
    "fi\n"
    "[[ -r ${ZDOTDIR-$HOME}/.zshenv ]] && . ${ZDOTDIR-$HOME}/.zshenv\n"
    "true\n";

static const char hand_text[] =
    "#!/bin/sh\n"
    "# Raises or lowers your hand: whoever teaches sees it. hand [TEXT] | hand down\n"
    "case $1 in\n"
    "-h | --help)\n"
    "    echo 'usage: hand [TEXT]   raise your hand, and say why'\n"
    "    echo '       hand down     lower it'\n"
    "    exit 0 ;;\n"
    "esac\n"
    "if ! { true >/dev/tty; } 2>/dev/null; then\n"
    "    echo 'hand: there is no terminal here to raise it in' >&2\n"
    "    exit 1\n"
    "fi\n"
    "if [ $# -eq 1 ] && [ \"$1\" = down ]; then\n"
    "    printf '\\033]7717;hand;down\\033\\\\' >/dev/tty\n"
    "    echo 'your hand is down'\n"
    "else\n"
    "    set -f\n"
    "    set -- $*\n"
    "    case $* in\n"
    "    *[[:cntrl:]]*)\n"
    "        echo 'hand: there are control characters in it' >&2\n"
    "        exit 2 ;;\n"
    "    esac\n"
    "    printf '\\033]7717;hand;up;%s\\033\\\\' \"$*\" >/dev/tty\n"
    "    echo '\xe2\x9c\x8b your hand is up; \"hand down\" lowers it'\n"
    "fi\n";

int jail_add_shell(struct jail_command *c, const char *dir, struct err *e)
{
    static const struct {
        const char *name, *text, *mode;
    } files[] = {
        {"shell/bashrc", bashrc_text, "0644"},
        {"shell/bash", bash_text, "0644"},
        {"shell/.zshenv", zshenv_text, "0644"},
        {"bin/hand", hand_text, "0755"},
    };
    int r = 0;

    for (size_t i = 0; i < ARRAY_LEN(files) && !r; i++) {
        cleanup_free char *path = xasprintf("%s/%s", dir, files[i].name);
        cleanup_buf struct buf text = {0};

        for (const char *p = files[i].text; *p; p++) {
            if (strncmp(p, FOLDER, strlen(FOLDER)) != 0) {
                buf_append_char(&text, *p);
                continue;
            }
            buf_append_str(&text, dir);
            p += strlen(FOLDER) - 1;
        }
        r = jail_add_read_only(c, path, files[i].mode, &text, e);
    }
    return r;
}

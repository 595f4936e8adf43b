# SPDX-License-Identifier: MIT
# bash completion of sandpit. What can stand where is known by sandpit itself; here is only what
# bash wants done with it.

_sandpit() {
    local -a words=()
    local i word rest current glued files='' IFS=$' \t\n'

    # COMP_WORDBREAKS takes NAME:PATH and --option=value apart.
    for ((i = 0; i <= COMP_CWORD; i++)); do
        word=${COMP_WORDS[i]}
        if [[ ${#words[@]} -gt 1 && ($word == [:=]* || ${COMP_WORDS[i - 1]} == [:=]) ]]; then
            words[-1]+=$word
        else
            words+=("$word")
        fi
    done
    current=${words[-1]}
    glued=${current%"${current##*[:=]}"}
    [[ $COMP_WORDBREAKS == *:* ]] || glued=

    COMPREPLY=()
    while IFS=$'\t' read -r word rest; do
        case $word in
        :files) files=1 ;;
        ?*) COMPREPLY+=("${word#"$glued"}") ;;
        esac
    done < <("${COMP_WORDS[0]}" completion words -- "${words[@]:1}" 2>/dev/null)

    # Beside names of sandboxes, bash's own handling of files would quote the colon of NAME:PATH.
    if [[ $files && ${#COMPREPLY[@]} -eq 0 ]]; then
        compopt -o filenames
        while IFS= read -r word; do
            COMPREPLY+=("$word")
        done < <(compgen -f -- "${current#"$glued"}")
    elif [[ $files ]]; then
        while IFS= read -r word; do
            printf -v rest '%q' "$word"
            [[ -d $word ]] && rest+=/
            COMPREPLY+=("$rest")
        done < <(compgen -f -- "${current#"$glued"}")
    fi
    if [[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == *[:/=] ]]; then
        compopt -o nospace
    fi
}
complete -F _sandpit sandpit

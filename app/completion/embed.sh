#!/bin/sh
# SPDX-License-Identifier: MIT
# Prints the completion scripts as texts of C: embed.sh BASH ZSH
set -eu
for shell in bash zsh; do
    echo "static const char completion_$shell[] ="
    sed -e 's/\\/\\\\/g' -e 's/"/\\"/g' -e 's/.*/    "&\\n"/' "$1"
    echo ';'
    shift
done

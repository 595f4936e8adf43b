#!/bin/sh
# Prints INI files as a C table of names and texts. Usage: embed_themes.sh FILE…
set -eu
echo "/* Made from themes/ by embed_themes.sh. */"
echo "static const struct { const char *name, *text; } shipped[] = {"
for file in "$@"; do
    echo "{\"$(basename "$file" .ini)\","
    sed 's/[\\"]/\\&/g; s/.*/"&\\n"/' "$file"
    echo "},"
done
echo "};"

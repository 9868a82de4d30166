#!/bin/sh
# Installs Lithograph for one user, or with --prefix /usr/local as root for all; needs no package manager.
#
#   ./install.sh [--prefix DIR]              puts it into DIR, ~/.local where none is named
#   ./install.sh --uninstall [--prefix DIR]  takes it away again; images, scenes and settings stay
set -eu

ID=org.lithograph.Lithograph
here=$(cd "$(dirname "$0")" && pwd -P)
prefix=${HOME:-}/.local
action=install

say() { echo "lithograph: $*"; }
fail() { echo "lithograph: $*" >&2; exit 1; }

while [ $# -gt 0 ]; do
    case $1 in
        --prefix) [ $# -ge 2 ] || fail "--prefix needs a folder."; prefix=$2; shift 2 ;;
        --prefix=*) prefix=${1#*=}; shift ;;
        --uninstall) action=uninstall; shift ;;
        -h | --help) sed -n '2,5s/^# \{0,1\}//p' "$0"; exit 0 ;;
        *) fail "Unknown option $1; --help lists what there is." ;;
    esac
done
case $prefix in
    /*) ;;
    *) fail "The prefix must be a full path, and $prefix is not." ;;
esac

program=$prefix/lib/lithograph
command=$prefix/bin/lithograph
share=$prefix/share

# Desktops notice a new entry sooner; where the tools are missing they notice it all the same.
tell_desktop() {
    update-desktop-database -q "$share/applications" 2>/dev/null || true
    # A cache that is there has to be renewed; a new one would hide what others install later.
    if [ -e "$share/icons/hicolor/icon-theme.cache" ]; then
        gtk-update-icon-cache -q -t "$share/icons/hicolor" 2>/dev/null || true
    fi
    touch -c "$share/icons/hicolor"
}

remove_entries() {
    rm -f "$share/applications/$ID.desktop" "$share/metainfo/$ID.metainfo.xml"
    rm -f "$share/icons/hicolor"/*/apps/"$ID".png "$share/icons/hicolor/scalable/apps/$ID.svg"
}

uninstall() {
    [ -d "$program" ] || fail "Nothing is installed in $program; name the folder with --prefix."
    if [ -L "$command" ] && [ "$(readlink "$command")" = "$program/lithograph" ]; then rm -f "$command"; fi
    remove_entries
    rm -rf "$program"
    tell_desktop
    say "Taken away from $prefix. Your images, scenes, lesion models and settings are where they were."
}

install() {
    [ -x "$here/lithograph" ] || fail "The program is not beside this script; run it in the unpacked folder."
    [ "$here" != "$program" ] || fail "Already installed in $program."
    if [ -e "$command" ] && [ ! -L "$command" ]; then
        fail "$command is there and is not a link; move it away, or name another folder with --prefix."
    fi
    mkdir -p "$prefix/bin" "$prefix/lib" "$share/applications" "$share/metainfo"
    # Copied beside and renamed, so that an interrupted copy leaves the old version whole.
    rm -rf "$program.new"
    trap 'rm -rf "$program.new"' EXIT INT TERM
    cp -a "$here" "$program.new" || fail "$prefix could not be written; is there room for 900 MB?"
    rm -rf "$program"
    mv "$program.new" "$program"
    ln -sfn "$program/lithograph" "$command"
    remove_entries
    cp -R "$program/share/icons" "$share/"
    cp "$program/share/metainfo/$ID.metainfo.xml" "$share/metainfo/"
    # With full paths, for a desktop does not have ~/.local/bin on its path everywhere.
    awk -v program="$command" '
        /^Exec=/ { sub(/^Exec=lithograph/, "Exec=\"" program "\"") }
        /^TryExec=/ { sub(/=.*/, "=" program) }
        { print }
    ' "$program/share/applications/$ID.desktop" >"$share/applications/$ID.desktop"
    tell_desktop
    say "Installed in $program. Start it from the applications menu, or as $command."
    case ":$PATH:" in
        *":$prefix/bin:"*) ;;
        *) say "$prefix/bin is not on your PATH; add it to type just 'lithograph'." ;;
    esac
}

"$action"

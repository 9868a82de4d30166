#!/usr/bin/env bash
# The system libraries that Qt needs on Linux and does not bring along.
#
#   system-libraries.sh window    what a window on an X11 or Wayland screen needs
#   system-libraries.sh offscreen what Qt needs without a screen (tests, commands)
#
# Installs what is missing when it may (as root on Debian or Ubuntu); otherwise prints the one line that does.
set -eu

[ "$(uname -s)" = Linux ] || exit 0

# shared library             Debian package
offscreen='libEGL.so.1        libegl1
libGL.so.1                    libgl1
libxkbcommon.so.0             libxkbcommon0
libfontconfig.so.1            libfontconfig1
libdbus-1.so.3                libdbus-1-3
libglib-2.0.so.0              libglib2.0-0'
window='libxkbcommon-x11.so.0 libxkbcommon-x11-0
libxcb-cursor.so.0            libxcb-cursor0
libxcb-icccm.so.4             libxcb-icccm4
libxcb-keysyms.so.1           libxcb-keysyms1
libxcb-image.so.0             libxcb-image0
libxcb-randr.so.0             libxcb-randr0
libxcb-render-util.so.0       libxcb-render-util0
libxcb-shape.so.0             libxcb-shape0
libxcb-xkb.so.1               libxcb-xkb1
libxcb-shm.so.0               libxcb-shm0
libxcb-sync.so.1              libxcb-sync1
libxcb-xfixes.so.0            libxcb-xfixes0
libX11-xcb.so.1               libx11-xcb1
libwayland-client.so.0        libwayland-client0
libwayland-cursor.so.0        libwayland-cursor0
libwayland-egl.so.1           libwayland-egl1'

case "${1:-window}" in
    offscreen) wanted=$offscreen ;;
    *) wanted="$offscreen
$window" ;;
esac

# Without a list of installed libraries nothing can be said; Qt itself then names what it lacks.
ldconfig=$(command -v ldconfig || command -v /sbin/ldconfig || command -v /usr/sbin/ldconfig || true)
[ -n "$ldconfig" ] || exit 0
present=$("$ldconfig" -p)
packages=''
while read -r library package; do
    case "$present" in
        *"$library "*) ;;
        *) packages="$packages $package" ;;
    esac
done <<LIST
$wanted
LIST
[ -n "$packages" ] || exit 0

if command -v apt-get >/dev/null 2>&1 && [ "$(id -u)" = 0 ]; then
    echo "Installing the system libraries that Qt needs:$packages" >&2
    if apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends $packages >&2; then
        exit 0
    fi
fi
echo "Qt needs system libraries that are missing. Install them, then run make again:" >&2
if command -v apt-get >/dev/null 2>&1; then
    echo "    sudo apt-get install -y$packages" >&2
else
    echo "    the equivalents of these Debian packages:$packages" >&2
fi
exit 1

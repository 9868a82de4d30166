#!/bin/sh
# Makes dist/Lithograph.app and dist/Lithograph-VERSION.dmg. Untested; see docs/packaging.md.
#
#   packaging/macos/build.sh
#
# SIGN="Developer ID Application: NAME (TEAM)" signs it; PROFILE=NAME, of credentials that were kept with
# `xcrun notarytool store-credentials NAME`, has Apple notarise it. Without them it is signed ad hoc and runs on
# this Mac only; elsewhere Gatekeeper refuses it until it is allowed under Privacy & Security.
set -eu
cd "$(dirname "$0")/../.."

[ -x .venv/bin/python ] || python3 -m venv .venv
python=.venv/bin/python
$python -m pip install --quiet --editable '.[dev,bundle]'
$python -m PyInstaller --noconfirm --log-level WARN --distpath dist --workpath build packaging/lithograph.spec
$python packaging/report_size.py dist/lithograph --limit-mb 900

app=dist/Lithograph.app
version=$($python -c 'import app; print(app.__version__)')
image=dist/Lithograph-$version.dmg
# The libraries first, then the program around them: --deep would give every library the entitlements.
find "$app" -type f \( -name '*.dylib' -o -name '*.so' \) -exec \
    codesign --force --timestamp --options runtime --sign "${SIGN:--}" {} +
codesign --force --timestamp --options runtime --sign "${SIGN:--}" \
    --entitlements packaging/macos/entitlements.plist "$app"
codesign --verify --strict "$app"
"$app/Contents/MacOS/lithograph" doctor

rm -f "$image"
hdiutil create -quiet -volname Lithograph -srcfolder "$app" -format UDZO "$image"
if [ -n "${SIGN:-}" ] && [ -n "${PROFILE:-}" ]; then
    xcrun notarytool submit "$image" --keychain-profile "$PROFILE" --wait
    xcrun stapler staple "$image"
fi
echo "$image"

# Makes dist\lithograph and the installer dist\Lithograph-VERSION-setup.exe. Untested; see docs/packaging.md.
#
#   powershell -ExecutionPolicy Bypass -File packaging\windows\build.ps1
#
# Needs Python 3.11 or newer (py launcher) and, for the installer, Inno Setup 6 (iscc on the path).
$ErrorActionPreference = "Stop"
$PSNativeCommandUseErrorActionPreference = $true
Set-Location (Resolve-Path "$PSScriptRoot\..\..")

function Invoke-Step([string] $Program, [string[]] $Arguments) {
    & $Program @Arguments
    if ($LASTEXITCODE -ne 0) { throw "$Program $Arguments ended with $LASTEXITCODE." }
}

if (-not (Test-Path .venv\Scripts\python.exe)) { Invoke-Step py @("-3", "-m", "venv", ".venv") }
$python = ".venv\Scripts\python.exe"
# torch from the package index is the CPU build on Windows.
Invoke-Step $python @("-m", "pip", "install", "--quiet", "--editable", ".[dev,bundle]")
Invoke-Step $python @("-m", "PyInstaller", "--noconfirm", "--log-level", "WARN",
    "--distpath", "dist", "--workpath", "build", "packaging\lithograph.spec")
Invoke-Step $python @("packaging\report_size.py", "dist\lithograph", "--limit-mb", "900")
Invoke-Step "dist\lithograph\lithograph.exe" @("doctor")

if (Get-Command iscc -ErrorAction SilentlyContinue) {
    $version = & $python -c "import app; print(app.__version__)"
    Invoke-Step $python @("-c",
        "import sys, pathlib; sys.path.insert(0, 'packaging'); import icons; icons.ico(pathlib.Path('build'))")
    Invoke-Step iscc @("/Qp", "/DVersion=$version", "packaging\windows\lithograph.iss")
} else {
    Write-Warning "Inno Setup is not on the path: dist\lithograph is made, the installer is not."
}

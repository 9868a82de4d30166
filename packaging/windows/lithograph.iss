; Inno Setup 6: the installer for Windows, run by build.ps1. Untested; see docs/packaging.md.
; Installs for one user without administrator's rights, or for all where they are given.

#ifndef Version
  #error Pass the version: iscc /DVersion=0.1.0 lithograph.iss
#endif

[Setup]
AppId={{6E0F3B62-9D0B-4B1B-9C53-5B0B6D0C7A41}
AppName=Lithograph
AppVersion={#Version}
AppVerName=Lithograph {#Version}
AppComments=For research only. Not a medical device.
DefaultDirName={autopf}\Lithograph
DefaultGroupName=Lithograph
DisableProgramGroupPage=yes
PrivilegesRequired=lowest
PrivilegesRequiredOverridesAllowed=dialog
ArchitecturesAllowed=x64compatible
ArchitecturesInstallIn64BitMode=x64compatible
MinVersion=10.0
SourceDir=..\..
OutputDir=dist
OutputBaseFilename=Lithograph-{#Version}-setup
SetupIconFile=build\lithograph.ico
UninstallDisplayIcon={app}\lithograph-window.exe
LicenseFile=LICENSE
Compression=lzma2/max
SolidCompression=yes
WizardStyle=modern

[Tasks]
Name: desktopicon; Description: "{cm:CreateDesktopIcon}"; Flags: unchecked

[InstallDelete]
; What an older version had and this one has not would be loaded beside it.
Type: filesandordirs; Name: "{app}\_internal"

[Files]
Source: "dist\lithograph\*"; DestDir: "{app}"; Flags: recursesubdirs ignoreversion

[Icons]
Name: "{autoprograms}\Lithograph"; Filename: "{app}\lithograph-window.exe"
Name: "{autodesktop}\Lithograph"; Filename: "{app}\lithograph-window.exe"; Tasks: desktopicon

[Registry]
; "Open with" for DICOM files; the viewer that opens them now stays the first.
Root: HKA; Subkey: "Software\Classes\Applications\lithograph-window.exe\shell\open\command"; ValueType: string; ValueData: """{app}\lithograph-window.exe"" open ""%1"""; Flags: uninsdeletekey
Root: HKA; Subkey: "Software\Classes\.dcm\OpenWithList\lithograph-window.exe"; Flags: uninsdeletekey

[Run]
Filename: "{app}\lithograph-window.exe"; Description: "{cm:LaunchProgram,Lithograph}"; Flags: nowait postinstall skipifsilent

; A line in the context menu of folders whose name ends in .legato. Windows knows no double click for a folder but opening it.
; SHELL_CONTEXT is the user's or the machine's part of the registry, as the installation was.

!macro customInstall
  WriteRegStr SHELL_CONTEXT "Software\Classes\Directory\shell\Legato" "" "Open in Legato"
  WriteRegStr SHELL_CONTEXT "Software\Classes\Directory\shell\Legato" "Icon" "$INSTDIR\${APP_EXECUTABLE_FILENAME},0"
  WriteRegStr SHELL_CONTEXT "Software\Classes\Directory\shell\Legato" "AppliesTo" 'System.FileName:"*.legato"'
  WriteRegStr SHELL_CONTEXT "Software\Classes\Directory\shell\Legato\command" "" '"$INSTDIR\${APP_EXECUTABLE_FILENAME}" "%V"'
!macroend

!macro customUnInstall
  DeleteRegKey SHELL_CONTEXT "Software\Classes\Directory\shell\Legato"
!macroend

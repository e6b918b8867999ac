# SPDX-License-Identifier: MIT
# shellcheck shell=sh disable=SC2034,SC2154
#
# What adit-wine does to a Wine prefix before the client starts: makes it, installs the host in it, and
# gives the client's session Wine's modules with what they lack. adit-wine reads this file; the
# variables are its own.

# The prefix. Descriptor 8 is locked while it is changed, or its session starts or ends; 9 is locked,
# shared, as long as a client runs. No other program gets them.

lock_prefix() {
    mkdir -p -- "$prefix" 2>/dev/null || fail "the Wine prefix '$prefix' cannot be made"
    [ -w "$prefix" ] || fail "the Wine prefix '$prefix' cannot be written to"
    exec 8>"$prefix/.adit-wine.setup" 9>"$prefix/.adit-wine.use"
    flock -x 8
    alone=
    ! flock -n -x 9 || alone=yes
    flock -s 9
}

make_prefix() {
    [ -f "$prefix/system.reg" ] && return
    say "making a Wine prefix in $prefix (once, up to a minute)"
    env -u DISPLAY -u WAYLAND_DISPLAY "$wine" wineboot --init </dev/null >"$prefix/adit-wine.log" 2>&1 8>&- 9>&-
    : >"$prefix/.adit-wine.made"
    # The registry is on disk when the server has ended; services keep it alive for seconds more.
    "$server" -k 2>/dev/null
    "$server" -w 8>&- 9>&-
    if ! [ -f "$prefix/system.reg" ] || ! [ -d "$prefix/drive_c/windows/system32/drivers" ]; then
        fail "Wine could not make a prefix in $prefix; what it said is in $prefix/adit-wine.log"
    fi
}

# Bytes of the client: AT COUNT, in hexadecimal. Little-endian numbers, read as they stand.
client_bytes() { od -An -tx1 -j "$1" -N "$2" "$client_file" 2>/dev/null | tr -d ' \n'; }

# The client's machine is told by its PE header (Microsoft, "PE Format"). 014c: x86.
check_32bit() {
    [ "$(client_bytes 0 2)" = 4d5a ] || return
    at=$(od -An -tu4 -j 60 -N 4 "$client_file" 2>/dev/null | tr -d ' ')
    [ "$(client_bytes "${at:-0}" 6)" = 504500004c01 ] || return
    [ $machine = x86_64 ] || return
    [ -x "$wine32" ] ||
        fail "'$client_file' is a 32-bit program, and Wine's 32-bit part is not installed: there is no $wine32. On Debian 12: dpkg --add-architecture i386 && apt update && apt install wine32:i386"
    [ -f "$prefix/drive_c/windows/syswow64/kernel32.dll" ] ||
        fail "'$client_file' is a 32-bit program, and the Wine prefix $prefix was made without Wine's 32-bit part: give another one with --prefix, or remove it"
    [ -z "$dll_name" ] || fail "--as $dll_name: '$client_file' is a 32-bit program; put adit.dll for x86 beside it under that name"
}

# install FILE TARGET: unless it is there already. A new file, since the old one may be mapped.
install_file() {
    cmp -s -- "$1" "$2" && return
    "$server" -k0 2>/dev/null &&
        say "a Wine session runs in $prefix with other files of Adit: they take effect in its next session"
    if ! cp -- "$1" "$2.new" || ! mv -f -- "$2.new" "$2"; then
        fail "$2 cannot be written"
    fi
}

# override MODULE ORDER: where Wine takes that module from
override() {
    [ -e "$prefix/.adit-wine.$1" ] && return
    changes="${changes}[HKEY_CURRENT_USER\\Software\\Wine\\DllOverrides]
\"$1\"=\"$2\"
"
    changed="$changed $1"
}

# Wine's devices for game controllers and USB take time at each start of a session, and their process may
# crash then, or stay when the server is killed. A prefix that somebody else made keeps them. An update of
# Wine brings them back.
remove_buses() {
    [ -e "$prefix/.adit-wine.made" ] || return 0
    grep -qsF 'CurrentControlSet\\Enum\\ROOT\\WINE\\' "$prefix/system.reg" || return 0
    changes="${changes}[-HKEY_LOCAL_MACHINE\\System\\CurrentControlSet\\Enum\\ROOT\\WINE]
"
}

# All changes of the registry by one program: Wine's server ends with its last program, and one that
# starts just then fails. So a session that is there for the changes only ends before the client starts.
change_registry() {
    changes='' changed=''
    override ndis.sys native
    override cfgmgr32 native,builtin
    remove_buses
    [ -n "$changes" ] || return 0
    printf 'REGEDIT4\n\n%s' "$changes" >"$prefix/drive_c/adit-wine.reg"
    "$wine" reg import 'C:\adit-wine.reg' >"$prefix/adit-wine.log" 2>&1 8>&- 9>&- ||
        fail "Wine could not be told to load Adit's modules; what it said is in $prefix/adit-wine.log"
    rm -f "$prefix/drive_c/adit-wine.reg"
    for module in $changed; do : >"$prefix/.adit-wine.$module"; done
    if [ -n "$started" ]; then
        "$server" -k 2>/dev/null
        "$server" -w 8>&- 9>&-
    fi
}

# SetupAPI keeps an installed driver whose version is the same, though the file is another.
remove_stale_driver() {
    stale=$prefix/drive_c/windows/system32/drivers/adit.sys
    if [ -f "$stale" ] && ! cmp -s -- "$files/adit.sys" "$stale" && ! "$server" -k0 2>/dev/null; then
        rm -f -- "$stale"
    fi
}

# --as: Wine takes a builtin before a file in the client's folder, if told so. system32 needs one too.
install_library() {
    mkdir -p "$prefix/adit-wine.lib/$machine-windows" || fail "$prefix/adit-wine.lib cannot be written"
    install_file "$files/builtin/adit.dll" "$prefix/adit-wine.lib/$machine-windows/$dll_name"
    install_file "$files/builtin/adit.dll" "$system32/$dll_name"
    WINEDLLPATH=$prefix/adit-wine.lib:$WINEDLLPATH
    WINEDLLOVERRIDES="$WINEDLLOVERRIDES;${dll_name%.*}=b"
}

# What --as gave to the clients of former sessions: without it, a client finds its own.
remove_former_libraries() {
    if [ -d "$prefix/adit-wine.lib" ] && ! "$server" -k0 2>/dev/null; then
        for file in "$prefix"/adit-wine.lib/$machine-windows/*; do
            rm -f -- "$file" "$system32/${file##*/}"
        done
    fi
}

# extend_module MODULE [FUNCTION...]: Wine's own MODULE with what adit-MODULE.dll supplies: what Wine
# lacks, and with it these functions. Processes of this session load it, by the override below; others
# that use the prefix have Wine's.
extend_module() {
    module=$1
    shift
    for bits in "$machine-windows system32 $files" "i386-windows syswow64 $files/i386"; do
        folder=${bits#* }
        supplement=${folder#* }/adit-$module.dll
        folder=$prefix/drive_c/windows/${folder%% *}
        original=$(find_module "${bits%% *}" "$module.dll")
        if [ -z "$original" ] || ! [ -f "$supplement" ] || ! [ -f "$folder/$module.dll" ]; then
            continue
        fi
        # Somebody's own, by which Wine's was replaced, stays.
        case $(dd if="$folder/$module.dll" bs=1 skip=64 count=16 2>/dev/null | tr -d '\0') in
        'Wine builtin DLL' | 'Wine placeholder' | 'Adit on Wine DLL') ;;
        *) continue ;;
        esac
        "$files/add-exports" "$original" "$supplement" "$prefix/adit-wine.module" "$@" ||
            fail "Wine's $original could not be given what it lacks"
        install_file "$prefix/adit-wine.module" "$folder/$module.dll"
        rm -f -- "$prefix/adit-wine.module"
    done
    WINEDLLOVERRIDES="$WINEDLLOVERRIDES;$module=n,b"
}

# Where Wine has that module of its own; MACHINE-windows MODULE.
find_module() {
    bin=$(dirname -- "$(readlink -f -- "$wine")")
    for folder in "$bin/../x86_64-linux-gnu/wine" "$bin/../i386-linux-gnu/wine" "$bin/../aarch64-linux-gnu/wine" \
        "$bin/../lib/x86_64-linux-gnu/wine" "$bin/../lib/i386-linux-gnu/wine" "$bin/../lib/wine" "$bin/../lib64/wine"; do
        if [ -f "$folder/$1/$2" ]; then
            printf '%s\n' "$folder/$1/$2"
            return
        fi
    done
}

install_host() {
    system32=$prefix/drive_c/windows/system32
    remove_stale_driver
    remove_former_libraries
    [ -z "$dll_name" ] || install_library
    install_file "$files/ndis.sys" "$system32/drivers/ndis.sys"
    install_file "$files/lib/$machine-windows/aditlink.dll" "$system32/aditlink.dll"
    for file in nci.dll bcryptprimitives.dll cfgmgr32.dll adit-iphlpapi.dll adit-kernel32.dll adit-setupapi.dll aditswd.exe; do
        install_file "$files/$file" "$system32/$file"
    done
    extend_module iphlpapi GetIpInterfaceTable
    extend_module kernel32 CreateBoundaryDescriptorW
    extend_module setupapi CM_Get_Device_Interface_List_SizeA CM_Get_Device_Interface_List_SizeW \
        SetupCopyOEMInfW SetupDiCallClassInstaller \
        SetupDiEnumDriverInfoW SetupDiSetClassInstallParamsW
    if [ -f "$prefix/drive_c/windows/syswow64/kernel32.dll" ]; then
        # A service that a 32-bit client makes is looked for there, of whatever machine it is.
        for file in "$files"/i386/*.dll "$files/aditswd.exe"; do
            install_file "$file" "$prefix/drive_c/windows/syswow64/${file##*/}"
        done
    fi
    change_registry
}

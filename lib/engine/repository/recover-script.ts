/**
 * recover.sh of every repository: gets archives out with a shell, awk, zstd and tar, when there is no Orchive and no Node. It is written from
 * docs/repository-format.md alone, shares nothing with the program, and so is the second reader that proves the page.
 */
export const RECOVER_SCRIPT = String.raw`#!/bin/sh
# Gets archives out of an Orchive repository with a shell, awk, zstd, tar and sha256sum, and openssl where it is encrypted. Nothing in the repository is changed.
ORCHIVE_RECOVERY_KEY_FILE=$ORCHIVE_RECOVERY_KEY_FILE
ORCHIVE_PASSPHRASE_FILE=$ORCHIVE_PASSPHRASE_FILE
ORCHIVE_READ_DAMAGED=$ORCHIVE_READ_DAMAGED
set -u
LC_ALL=C
export LC_ALL
umask 077

usage() {
  cat <<'END'
Usage: sh recover.sh [-r REPOSITORY] COMMAND

  list                          the archives, newest first
  ls ARCHIVE [PATH]             what is in one: type, size, time (UTC), path
  check [ARCHIVE]               everything, or what one archive needs: packs, manifests, frames
  tar ARCHIVE [PATH] > F.tar    one as a plain tar stream
  extract ARCHIVE DIR [PATH]    one into an empty or new folder; contents are compared with their SHA-256

ARCHIVE is an id (arc_...), a prefix of one that fits no other, or latest (the newest backup).
PATH is as "ls" prints it. A hard link needs the file it shares: name both, or a folder above them.
REPOSITORY is the folder of this script unless it is given.
Needs: awk (any), zstd, tar, head, tail, od, find, sha256sum or shasum; openssl 3 for an encrypted repository. Exit codes: 0 ok, 1 failed, 2 usage.

An encrypted repository is opened with the file that ORCHIVE_RECOVERY_KEY_FILE names (a recovery key as it was printed, or the key file of a host), else
with the passphrase in the file that ORCHIVE_PASSPHRASE_FILE names, else with one that is asked for. While it runs, keys can be seen in the process list.
END
}
say() { printf '%s\n' "$*" >&2; }
die() {
  say "recover.sh: $*"
  exit 1
}

repository=$(dirname -- "$0")
[ $# -gt 0 ] || { usage >&2; exit 2; }
if [ "$1" = -r ]; then
  [ $# -ge 3 ] || { usage >&2; exit 2; }
  repository=$2
  shift 2
fi
here=$(pwd -P)
CDPATH='' cd -- "$repository" || die "there is no folder $repository."
[ -f repository.json ] || die "$repository is no Orchive repository: it has no repository.json. Name the folder with -r."

for tool in awk zstd tar head tail od find sort sed; do
  command -v "$tool" >/dev/null 2>&1 || die "the program $tool is missing. Install it, then try again."
done
if command -v sha256sum >/dev/null 2>&1; then sums() { sha256sum "$@"; }
elif command -v shasum >/dev/null 2>&1; then sums() { shasum -a 256 "$@"; }
else die "neither sha256sum nor shasum is there. Install coreutils, then try again."
fi
sum_of() { sums | sed 's/ .*//'; }

tmp=$(mktemp -d) || die "no temporary folder can be made; set TMPDIR to one that can be written."
trap 'rm -rf "$tmp"' EXIT
trap 'exit 1' HUP INT TERM

# Encrypted repositories: docs/repository-format.md says what is done here.
sealed=
grep -q '"objectCodec": "sealed"' repository.json && sealed=1
hex() { od -An -v -tx1 | tr -d ' \n'; }
# HMAC-SHA256 of what is read, with a KEY in hex.
hmac() { openssl dgst -sha256 -mac HMAC -macopt "hexkey:$1" | sed 's/.*= *//'; }
# A key for a PURPOSE out of a SECRET: HKDF-Expand, one block.
expand() { printf '%s\001' "$2" | hmac "$1"; }
# Decrypts what is read, from a COUNTER BLOCK on.
decrypt() { openssl enc -d -aes-256-ctr -nosalt -K "$1" -iv "$2"; }

# Writes what the sealed FILE holds, if CONTEXT and keys are right.
open_sealed() {
  length=$(($(wc -c <"$1") - 32))
  [ "$length" -ge 32 ] || return 1
  [ "$({ printf '%s\0' "$2"; head -c "$length" <"$1"; } | hmac "$4")" = "$(tail -c 32 <"$1" | hex)" ] || return 1
  head -c "$length" <"$1" | tail -c +33 | decrypt "$3" "$(tail -c +17 <"$1" | head -c 16 | hex)"
}

# Tries the SECRET on all slots of a KIND; a passphrase, in hex, is stretched as each slot says.
try_slots() {
  for slot in keys/key_*.json; do
    grep -q "\"kind\":\"$2\"" "$slot" 2>/dev/null || continue
    secret=$1
    if [ "$2" = passphrase ]; then
      field() { sed -n "1s/.*\"$1\":\"*\([0-9a-f]*\).*/\1/p" "$slot"; }
      secret=$(openssl kdf -keylen 32 -kdfopt "hexpass:$1" -kdfopt "hexsalt:$(field salt)" -kdfopt "n:$(field n)" -kdfopt "r:$(field r)" -kdfopt "p:$(field p)" -kdfopt maxmem_bytes:1140850688 SCRYPT 2>/dev/null | tr -d ':\n' | tr A-F a-f)
    fi
    sed -n '1s/.*"wrapped":"\([^"]*\)".*/\1/p' "$slot" | openssl base64 -d -A >"$tmp/wrapped"
    master=$(open_sealed "$tmp/wrapped" "orchive key slot $repository_id" "$(expand "$secret" 'orchive 1 slot encryption')" "$(expand "$secret" 'orchive 1 slot authentication')" 2>/dev/null | hex)
    [ "$(printf %s "$master" | wc -c)" -eq 64 ] && return 0
  done
  return 1
}

unlock() {
  command -v openssl >/dev/null 2>&1 || die "the repository is encrypted, and the program openssl is missing. Install it, then try again."
  repository_id=$(sed -n 's/^  "id": "\(repo_[0-9a-f]*\)",$/\1/p' repository.json)
  if [ -n "$ORCHIVE_RECOVERY_KEY_FILE" ]; then
    key=$(tr -d ' \r\n-' <"$ORCHIVE_RECOVERY_KEY_FILE" | tr A-Z a-z | sed 's/^orchivekey1//' | head -c 64)
    try_slots "$key" key || die "the key in $ORCHIVE_RECOVERY_KEY_FILE does not open this repository."
  else
    if [ -n "$ORCHIVE_PASSPHRASE_FILE" ]; then passphrase=$(cat -- "$ORCHIVE_PASSPHRASE_FILE")
    else
      (: </dev/tty) 2>/dev/null || die "the repository is encrypted. Name a file with the recovery key in ORCHIVE_RECOVERY_KEY_FILE."
      printf 'Passphrase of the repository: ' >/dev/tty
      stty -echo </dev/tty
      trap 'stty echo </dev/tty; exit 1' HUP INT TERM
      IFS= read -r passphrase </dev/tty
      stty echo </dev/tty
      trap 'exit 1' HUP INT TERM
      printf '\n' >/dev/tty
    fi
    try_slots "$(printf %s "$passphrase" | hex)" passphrase || die "the passphrase does not open this repository."
  fi
  object_key=$(expand "$master" 'orchive 1 object encryption')
  object_mac=$(expand "$master" 'orchive 1 object authentication')
  pack_key=$(expand "$master" 'orchive 1 pack encryption')
  id_key=$(expand "$master" 'orchive 1 frame id')
}

# Unpacks a small object FILE; its logical name is the same in the trash.
show() {
  if [ -n "$sealed" ]; then
    open_sealed "$1" "$(printf %s "$1" | sed 's/^trash\///')" "$object_key" "$object_mac" >"$tmp/opened" && zstd -dcq -- "$tmp/opened"
  else zstd -dcq -- "$1"
  fi
}
# The address of what is read.
id_of() { if [ -n "$sealed" ]; then hmac "$id_key"; else sum_of; fi; }

manifests() { find manifests trash -name 'arc_*.mft.zst' 2>/dev/null | sort; }

# One line a manifest, newest first: time, id, kind, files, bytes, "forgotten" or "-", workspace.
archives() {
  manifests | while read -r file; do
    printf 'orchive-file\t%s\n' "$file"
    show "$file" 2>/dev/null || printf '\norchive-bad\n'
  done | awk -F '\t' '
    function text(json) { return substr(json, 2, length(json) - 2) }
    function number(json, name) { return match(json, "\"" name "\":[0-9]+") ? substr(json, RSTART + length(name) + 3, RLENGTH - length(name) - 3) : "?" }
    function flush() { if (file != "") print (whole ? at : "-"), id, (whole ? kind : "damaged"), files, bytes, (file ~ /^trash/ ? "forgotten" : "-"), name }
    $1 == "orchive-file" {
      flush(); file = $2; id = file; sub(/.*\//, "", id); sub(/\.mft\.zst$/, "", id)
      at = kind = name = files = bytes = "?"; whole = 0
      next
    }
    $1 == "createdAt" { at = text($2) }
    $1 == "kind" { kind = text($2) }
    $1 == "workspaceName" { name = text($2) }
    $1 == "totals" { files = number($2, "files"); bytes = number($2, "contentBytes") }
    /^end [0-9]+ / { whole = 1 }
    $1 == "orchive-bad" { whole = 0 }
    END { flush() }' | sort -r
}

# Writes the path of the manifest that an ARCHIVE names.
find_manifest() {
  case $1 in
    latest) archives | awk '$3 == "backup" && $6 == "-" { print $2; exit }' >"$tmp/found" ;;
    *)
      manifests | sed 's/.*\///; s/\.mft\.zst$//' | want=$1 awk 'index($0, ENVIRON["want"]) == 1 || index($0, "arc_" ENVIRON["want"]) == 1' >"$tmp/found"
      ;;
  esac
  case $(wc -l <"$tmp/found" | tr -d ' ') in
    1) manifests | id=$(cat "$tmp/found") awk 'index($0, "/" ENVIRON["id"] ".")' | head -n 1 ;;
    0) say "recover.sh: no archive $1. See them with: sh recover.sh list"; return 1 ;;
    *) say "recover.sh: $1 fits more than one archive. Write more of its id."; return 1 ;;
  esac
}

# Unpacks a manifest FILE to OUT and checks its last line.
open_manifest() {
  show "$1" >"$2" 2>/dev/null || { say "$1 is damaged: it does not unpack."; return 1; }
  case $(head -n 1 "$2") in
    'orchive-manifest 1') ;;
    *) say "$1 was written by a newer Orchive, whose format this script does not know."; return 1 ;;
  esac
  [ "$(tail -n 1 "$2")" = "end $(($(wc -l <"$2") - 1)) $(sed '$d' "$2" | sum_of)" ] || { say "$1 is damaged: it does not match its own checksum."; return 1; }
}

packs() {
  find packs -name '*.pack' | sort
  find trash/packs -name '*.pack' 2>/dev/null | sort
}

# Writes the index of a PACK from its bytes: frames say where they end.
read_pack() {
  whole_pack "$1" | od -An -v -tu1 | sealed=$sealed awk '
    function start() { need = 5; step = "head"; n = 0; begun = at }
    # Behind a frame of an encrypted pack lie 24 bytes for its tag.
    function passed() {
      if (step == "done") { printf "%.0f %.0f\n", begun + base, at - begun + extra; if (extra) { step = "tag"; skip = extra } else start() }
      else if (step == "tag") start()
    }
    BEGIN { if (ENVIRON["sealed"]) { base = 32; extra = 24 } start() }
    {
      if (skip >= NF) { skip -= NF; at += NF; if (skip == 0) passed(); next }
      for (i = 1; i <= NF; i++) {
        at++
        if (skip > 0) { skip--; if (skip == 0) passed(); continue }
        b[++n] = $i
        if (n < need) continue
        if (step == "head") {
          if (b[1] != 40 || b[2] != 181 || b[3] != 47 || b[4] != 253) exit
          d = b[5]; single = int(d / 32) % 2; size = int(d / 64); sum = int(d / 4) % 2; dict = d % 4
          skip = (single ? 0 : 1) + (dict == 3 ? 4 : dict) + (size == 0 ? single : size == 1 ? 2 : size == 2 ? 4 : 8)
          step = "block"; need = 3; n = 0
        } else {
          h = b[1] + 256 * b[2] + 65536 * b[3]; n = 0
          skip = int(h / 2) % 4 == 1 ? 1 : int(h / 8)
          if (h % 2) { step = "done"; skip += 4 * sum; if (skip == 0) passed() }
        }
      }
    }' | while read -r from bytes; do
      id=$(printf '%s %s %s\n' "$1" "$from" "$bytes" | stored | zstd -dcq 2>/dev/null | id_of)
      printf '%s %s %s 0\n' "$id" "$from" "$bytes"
    done
}

# Makes $tmp/index once: "pack NAME", then its lines "id offset storedBytes rawBytes"; packs before trash.
index_packs() {
  [ -f "$tmp/index" ] && return
  packs | while read -r pack; do
    printf 'pack %s\n' "$pack"
    case $(show "$(printf '%s' "$pack" | sed 's/\.pack$/.idx.zst/')" 2>/dev/null >"$tmp/idx" && head -n 1 "$tmp/idx") in
      'orchive-index 1 '*) sed 1d "$tmp/idx" ;;
      *) say "The index of $pack is missing or damaged: reading the pack."; read_pack "$pack" ;;
    esac
  done >"$tmp/index.new"
  mv "$tmp/index.new" "$tmp/index"
}

# Turns a file of frame ids into runs "pack offset bytes", neighbours joined. Fails when a frame is nowhere, and says how many.
runs() {
  index_packs
  ids=$1 awk '
    function flush() { if (bytes > 0) printf "%s %.0f %.0f\n", pack, from, bytes }
    BEGIN { while ((getline id < ENVIRON["ids"]) > 0) need[id] = ""; close(ENVIRON["ids"]) }
    $1 == "pack" { now = $2; next }
    ($1 in need) && need[$1] == "" { need[$1] = now " " $2 " " $3 }
    END {
      while ((getline id < ENVIRON["ids"]) > 0) {
        if (need[id] == "") { missing++; continue }
        split(need[id], at, " ")
        if (at[1] == pack && at[2] + 0 == from + bytes) bytes += at[3]
        else { flush(); pack = at[1]; from = at[2] + 0; bytes = at[3] + 0 }
      }
      flush()
      if (missing) { printf "%d frames are in no pack.\n", missing > "/dev/stderr"; exit 1 }
    }' "$tmp/index"
}

# Writes the stored bytes of the runs that it reads.
stored() {
  while read -r pack from bytes; do
    if [ -n "$sealed" ]; then decrypt_part "$pack" "$from" "$bytes"; else tail -c "+$((from + 1))" -- "$pack" | head -c "$bytes"; fi
  done
}
# The keystream starts behind the first 32 bytes of a PACK, with a counter of blocks of 16 bytes.
decrypt_part() {
  over=$((($2 - 32) % 16))
  iv=$(head -c 28 <"$1" | tail -c 12 | hex)$(printf '%08x' $((($2 - 32) / 16)))
  tail -c "+$(($2 - over + 1))" -- "$1" | head -c "$(($3 + over))" | decrypt "$pack_key" "$iv" | tail -c "+$((over + 1))"
}
whole_pack() { if [ -n "$sealed" ]; then decrypt_part "$1" 32 "$(wc -c <"$1")"; else cat -- "$1"; fi; }

# Looks that encrypted packs which are about to be read are those that were written: once each, all of their bytes.
prove() {
  [ -n "$sealed" ] || return 0
  touch "$tmp/proven"
  for pack in $(sed 's/ .*//' "$1" | sort -u); do
    grep -qxF "$pack" "$tmp/proven" && continue
    check_pack "$pack" || [ -n "$ORCHIVE_READ_DAMAGED" ] || { say "Nothing of it can be trusted. To read it all the same: ORCHIVE_READ_DAMAGED=1"; return 1; }
    printf '%s\n' "$pack" >>"$tmp/proven"
  done
}

# Writes the segments of a file of frame ids.
segments() {
  runs "$1" >"$tmp/runs" || return 1
  [ -s "$tmp/runs" ] || return 0
  prove "$tmp/runs" || return 1
  stored <"$tmp/runs" | zstd -dcq
}

# Makes $tmp/lines, the entry lines of an ARCHIVE, or of a PATH in it.
read_entries() {
  file=$(find_manifest "$1") || exit 1
  open_manifest "$file" "$tmp/manifest" || exit 1
  sed -n 's/^section	\([0-9a-f]*\)	.*/\1/p' "$tmp/manifest" >"$tmp/sections"
  segments "$tmp/sections" >"$tmp/lines" || die "the list of what is in $1 cannot be read. Try another archive, and: sh recover.sh check"
  [ "$(awk -F '\t' '$1 == "section" { n += $3 } END { print n + 0 }' "$tmp/manifest")" = "$(awk 'END { print NR }' "$tmp/lines")" ] ||
    die "the list of what is in $1 is not whole. Try another archive, and: sh recover.sh check"
  if [ $# -gt 1 ]; then
    want=$2 awk -F '\t' 'BEGIN { want = ENVIRON["want"]; sub(/\/+$/, "", want) } $10 == want || index($10, want "/") == 1' "$tmp/lines" >"$tmp/some"
    [ -s "$tmp/some" ] || die "$1 holds no $2. See what it holds with: sh recover.sh ls $1"
    mv "$tmp/some" "$tmp/lines"
  fi
  awk -F '\t' '{ n = split($8, id, ","); for (i = 1; i <= n; i++) print id[i] }' "$tmp/lines" >"$tmp/frames"
}

as_tar() {
  segments "$tmp/frames" || { say "recover.sh: the stream ends here: data is missing or damaged. See: sh recover.sh check"; return 1; }
  head -c 1024 /dev/zero
}

# Makes of entry lines what "sha256sum -c" reads. Names with a carriage return are left out: not every version reads them.
checksums() {
  awk -F '\t' '
    BEGIN { for (i = 0; i < 16; i++) digit[substr("0123456789abcdef", i + 1, 1)] = i }
    $1 == "f" {
      name = $10; plain = ""; mark = ""
      while ((i = index(name, "\\")) > 0) {
        plain = plain substr(name, 1, i - 1)
        if (substr(name, i + 1, 1) == "\\") { plain = plain "\\\\"; mark = "\\"; name = substr(name, i + 2); continue }
        code = digit[substr(name, i + 2, 1)] * 16 + digit[substr(name, i + 3, 1)]
        if (code == 13) next
        if (code == 10) { plain = plain "\\n"; mark = "\\" } else plain = plain sprintf("%c", code)
        name = substr(name, i + 4)
      }
      printf "%s%s  ./%s\n", mark, $7, plain name
    }' "$tmp/lines"
}

check_head() {
  [ "$(tail -n 1 repository.json)" = "$(sed '$d' repository.json | sum_of)" ] || { say "repository.json does not match its own checksum."; return 1; }
  [ -z "$sealed" ] || open_sealed keys/head.sealed keys/head.sealed "$object_key" "$object_mac" 2>/dev/null | cmp -s - repository.json ||
    { say "repository.json is not the one that was written."; return 1; }
}
check_pack() {
  case $(sums "$1") in
    "$(basename "$1" .pack) "*) ;;
    *) say "$1 is damaged: it does not match its name."; return 1 ;;
  esac
}

check_all() {
  bad=0
  check_head || bad=1
  packs >"$tmp/packs"
  while read -r pack; do check_pack "$pack" || bad=1; done <"$tmp/packs"
  manifests >"$tmp/manifests"
  : >"$tmp/all"
  while read -r file; do
    if open_manifest "$file" "$tmp/manifest"; then sed -n 's/^section	\([0-9a-f]*\)	.*/\1/p' "$tmp/manifest" >>"$tmp/all"; else bad=1; fi
  done <"$tmp/manifests"
  sort -u "$tmp/all" >"$tmp/sections"
  # All archives at once; which ones lack something is looked for only when something is lacking.
  if ! { segments "$tmp/sections" | awk -F '\t' '{ n = split($8, id, ","); for (i = 1; i <= n; i++) print id[i] }' | sort -u >"$tmp/frames" && runs "$tmp/sections" >"$tmp/runs" 2>/dev/null && runs "$tmp/frames" >"$tmp/runs" 2>/dev/null; }; then
    bad=1
    while read -r file; do
      (read_entries "$(basename "$file" .mft.zst)" && runs "$tmp/frames" >"$tmp/runs") 2>/dev/null || say "$(basename "$file" .mft.zst) cannot be restored whole: frames are missing."
    done <"$tmp/manifests"
  fi
  [ "$bad" = 0 ] || die "not everything is sound: see above. What is named can be in other archives."
  say "$(wc -l <"$tmp/packs" | tr -d ' ') packs and $(wc -l <"$tmp/manifests" | tr -d ' ') archives are sound."
}

check_one() {
  read_entries "$1"
  runs "$tmp/frames" >"$tmp/needed" || die "$1 cannot be restored whole."
  runs "$tmp/sections" >>"$tmp/needed" || die "$1 cannot be restored whole."
  bad=0
  for pack in $(sed 's/ .*//' "$tmp/needed" | sort -u); do check_pack "$pack" || bad=1; done
  [ "$bad" = 0 ] || die "$1 needs a pack that is damaged. Extract it anyway: contents are compared one by one."
  say "$(basename "$file" .mft.zst) is sound: $(awk 'END { print NR }' "$tmp/lines") entries."
}

extract() {
  archive=$1
  case $2 in
    /*) target=$2 ;;
    *) target=$here/$2 ;;
  esac
  mkdir -p -- "$target" || exit 1
  [ -z "$(find "$target" ! -path "$target" 2>/dev/null | head -n 1)" ] || die "$target is not empty. Name a new folder; nothing was written."
  shift 2
  read_entries "$archive" "$@"
  { as_tar || : >"$tmp/failed"; } | tar -xpf - -C "$target" || : >"$tmp/failed"
  checksums >"$tmp/sums"
  if [ -s "$tmp/sums" ]; then
    (cd -- "$target" && sums -c "$tmp/sums" 2>/dev/null) | grep -v ': OK$' >"$tmp/differ" && {
      head -n 20 "$tmp/differ" >&2
      die "$(wc -l <"$tmp/differ" | tr -d ' ') files are missing or differ from the archive: see above."
    }
  fi
  [ ! -f "$tmp/failed" ] || die "not everything could be extracted: see above."
  say "$(awk 'END { print NR }' "$tmp/sums") files extracted to $target; each matches its SHA-256."
}

command=$1
shift
case $sealed$command in 1list|1ls|1check|1tar|1extract) unlock ;; esac
case $command:$# in
  list:0) archives | awk 'BEGIN { printf "%-24s  %-28s  %-9s %9s %15s  %s\n", "CREATED (UTC)", "ARCHIVE", "KIND", "FILES", "BYTES", "WORKSPACE" }
    { rest = $0; for (i = 1; i <= 6; i++) sub(/^[^ ]* /, "", rest); printf "%-24s  %-28s  %-9s %9s %15s  %s%s\n", $1, $2, $3, $4, $5, rest, ($6 == "-" ? "" : " (forgotten)") }' ;;
  ls:[12])
    read_entries "$@"
    awk -F '\t' '
      # The civil date of a number of days since 1970.
      function date(days, z, era, doe, yoe, doy, mp) {
        z = days + 719468; era = int((z >= 0 ? z : z - 146096) / 146097); doe = z - era * 146097
        yoe = int((doe - int(doe / 1460) + int(doe / 36524) - int(doe / 146096)) / 365); doy = doe - (365 * yoe + int(yoe / 4) - int(yoe / 100))
        mp = int((5 * doy + 2) / 153)
        return sprintf("%04d-%02d-%02d", yoe + era * 400 + (mp >= 10), mp < 10 ? mp + 3 : mp - 9, doy - int((153 * mp + 2) / 5) + 1)
      }
      { t = int($3); if (t < 0 && t != $3) t--; days = int(t / 86400); if (days * 86400 > t) days--; s = t - days * 86400
        printf "%s %14s  %s %02d:%02d:%02d  %s%s\n", $1, $2, date(days), int(s / 3600), int(s % 3600 / 60), s % 60, $10, ($9 == "-" ? "" : " -> " $9) }' "$tmp/lines"
    ;;
  check:0) check_all ;;
  check:1) check_one "$1" ;;
  tar:[12])
    [ ! -t 1 ] || die "a tar stream is not for a terminal. Write it to a file: sh recover.sh tar $1 > $1.tar"
    read_entries "$@"
    as_tar || exit 1
    ;;
  extract:[23]) extract "$@" ;;
  help:*|--help:*|-h:*) usage ;;
  *) usage >&2; exit 2 ;;
esac
`

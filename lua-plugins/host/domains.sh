# shellcheck shell=bash
# /usr/lib/cloister/domains.sh: what the hook, the Epilog and the sweep know about the machines of this host. Sourced by bash, as root.
# A note /run/cloister/domains/<uuid> holds key=value lines; the hook writes it before a machine starts and removes it with the
# machine's rules.
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C
umask 077
NOTES=/run/cloister/domains
LOGS=/var/log/cloister
# PCI devices of this host that a machine may have, one address a line as lspci -D writes it; none where there is no such file.
# shellcheck disable=SC2034
DEVICES=/etc/cloister/devices
# shellcheck disable=SC2034
PCI=/sys/bus/pci/devices
# shellcheck disable=SC2034
UUID_PATTERN='^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$'

# report WHO TEXT: one line in the host's log; control characters never reach it.
report() {
  local text=${2//[[:cntrl:]]/ }
  printf '%(%FT%T%z)T %s %s\n' -1 "$1" "${text:0:2000}" >>"$LOGS/host.log"
}

# pause SECONDS: waits on a pipe that stays empty, without a process for each pause.
PAUSE=
pause() {
  [[ -n $PAUSE ]] || exec {PAUSE}<> <(:)
  read -r -t "$1" -u "$PAUSE"
}

# noted UUID KEY: one value of a machine's note.
noted() {
  local line
  [[ -f $NOTES/$1 ]] || return 1
  while read -r line; do
    if [[ $line == "$2="* ]]; then
      printf '%s' "${line#*=}"
      return 0
    fi
  done <"$NOTES/$1"
  return 1
}

# qemu_of UUID: the process ids of the QEMU that runs this machine, found by its exact arguments, whatever libvirt says.
qemu_of() {
  local folder place args
  for folder in /proc/[0-9]*; do
    args=()
    # A process that ends while it is looked at is simply not found.
    { mapfile -d '' -t args <"$folder/cmdline"; } 2>/dev/null || continue
    [[ ${args[0]:-} == */qemu-system-* || ${args[0]:-} == */qemu-kvm ]] || continue
    for ((place = 1; place + 1 < ${#args[@]}; place++)); do
      if [[ ${args[place]} == -uuid && ${args[place + 1]} == "$1" ]]; then
        printf '%s\n' "${folder#/proc/}"
        break
      fi
    done
  done
}

table_of() { printf 'vm_%s' "${1//-/}"; }

# forget UUID: the rules, the guard and the note of a machine that is gone. Idempotent. What it cannot undo it says and leaves noted.
forget() {
  local tap said
  tap=$(noted "$1" tap) || tap=
  if ! said=$({
    printf 'table bridge %s\ndelete table bridge %s\n' "$(table_of "$1")" "$(table_of "$1")"
    if [[ $tap =~ ^c[0-9a-z]{1,14}$ ]]; then
      printf 'add element bridge cloister guarded { "%s" }\ndelete element bridge cloister guarded { "%s" }\n' "$tap" "$tap"
    fi
  } | timeout -k 1 20 nft -f - 2>&1); then
    report forget "$1: rules not removed: $said"
    return 1
  fi
  rm -f "$NOTES/$1"
}

# libvirt LIMIT ARGUMENT…: virsh, ended after LIMIT seconds.
libvirt() { timeout -k 1 "$1" virsh -q -c qemu:///system "${@:2}" </dev/null; }

# says_gone TEXT: whether libvirt answered that there is no such machine. Anything else may mean that it could not tell.
says_gone() { [[ $1 == *"failed to get domain"* || $1 == *"Domain not found"* || $1 == *"domain is not running"* ]]; }

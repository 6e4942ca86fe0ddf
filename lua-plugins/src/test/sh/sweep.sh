# shellcheck shell=bash disable=SC2016,SC2086,SC2154
# The sweep: who is past the end, by the live machine's own metadata. virsh is a stand-in that reads $SCRATCH/meta/<uuid>.
NOW=$(date +%s)

libvirt_works() {
  stand_in virsh <<'V'
case "$*" in
  *"list --uuid") ls "$SCRATCH/meta" ;;
  *"metadata "*" --uri urn:cloister:domain:1")
    meta=$(cat "$SCRATCH/meta/$5" 2>/dev/null) || { echo "error: failed to get domain '$5'" >&2; exit 1; }
    [[ -n $meta ]] || { echo "error: metadata not found: Requested metadata element is not present" >&2; exit 1; }
    echo "$meta" ;;
  *"destroy "*) kill -9 $(qemu_of "${!#}") ;;
esac
V
}
machine() { # machine UUID ATTRIBUTES
  mkdir -p "$SCRATCH/meta"
  echo "<domain xmlns=\"urn:cloister:domain:1\" project=\"1\" $2><rules/></domain>" >"$SCRATCH/meta/$1"
  qemu "$1"
}
sweep() { # sets code
  "$PLUGINS/host/sweep" "$@"
  code=$?
}
ended() { ! alive "$1" || fail "$1 is still there"; }
spared() { alive "$1" || fail "$1 was ended"; }

a_worker_past_its_end_and_the_margin_is_destroyed() {
  libvirt_works
  machine $U1 "kind='worker' endsAt='$((NOW - 100))'"
  sweep
  same 0 $code
  ended $U1
  holds "$(cat /var/log/cloister/host.log)" "$U1: ended at $((NOW - 100)), destroying it"
}
a_worker_within_the_margin_is_spared() {
  libvirt_works
  machine $U1 "kind='worker' endsAt='$((NOW - 10))'"
  sweep
  same 0 $code
  spared $U1
}
the_margin_can_be_set_by_the_site() {
  libvirt_works
  machine $U1 "kind='worker' endsAt='$((NOW - 10))'"
  sweep --margin 5
  ended $U1
}
a_worker_whose_end_was_moved_is_spared_whatever_its_note_says() {
  libvirt_works
  note $U1 kind=worker endsAt=$((NOW - 1000))
  machine $U1 "kind='worker' endsAt='$((NOW + 1000))'"
  sweep
  spared $U1
}
a_worker_whose_live_mark_is_broken_ends_by_its_note() {
  libvirt_works
  note $U1 kind=worker endsAt=$((NOW - 1000))
  machine $U1 "kind='worker' endsAt='soon'"
  sweep
  ended $U1
}
a_cvm_is_never_swept() {
  libvirt_works
  machine $U1 "kind='cvm' endsAt='$((NOW - 1000))'"
  sweep
  spared $U1
}
a_foreign_machine_is_never_swept() {
  libvirt_works
  mkdir -p "$SCRATCH/meta"
  : >"$SCRATCH/meta/$U1"
  qemu $U1
  sweep
  same 0 $code
  spared $U1
}
one_worker_is_swept_and_the_next_is_spared() {
  libvirt_works
  machine $U1 "kind='worker' endsAt='$((NOW - 100))'"
  machine $U2 "kind='worker' endsAt='$((NOW + 100))'"
  sweep
  ended $U1
  spared $U2
}
a_worker_that_libvirt_does_not_end_is_killed_by_its_uuid() {
  libvirt_works
  sed -i 's/kill -9.*/echo "error: Timed out" >\&2; exit 1 ;;/' "$SCRATCH/bin/virsh"
  machine $U1 "kind='worker' endsAt='$((NOW - 100))'"
  sweep
  same 0 $code
  ended $U1
}
no_worker_ends_while_libvirt_does_not_answer() {
  stand_in virsh <<<'echo "error: failed to connect to the hypervisor" >&2; exit 1'
  note $U1 kind=worker endsAt=$((NOW - 1000))
  qemu $U1
  sweep
  same 1 $code
  spared $U1
  holds "$(cat /var/log/cloister/host.log)" "libvirt does not answer, nothing is swept"
}
no_worker_ends_while_libvirt_does_not_say_until_when() {
  libvirt_works
  machine $U1 "kind='worker' endsAt='$((NOW - 1000))'"
  sed -i 's/^    meta=.*/    echo "error: Timed out" >\&2; exit 1/' "$SCRATCH/bin/virsh"
  sweep
  same 1 $code
  spared $U1
}
what_a_dead_libvirtd_left_behind_is_removed() {
  libvirt_works
  nft -f "$PLUGINS/host/base.nft"
  nft "add table bridge vm_${U1//-/}; add element bridge cloister guarded { \"c4d0110\" }"
  note $U1 kind=worker tap=c4d0110
  touch -d '-5 minutes' "$NOTES/$U1"
  sweep
  same "table bridge cloister" "$(nft list tables)"
  lacks "$(nft list set bridge cloister guarded)" c4d0110
  [[ ! -e $NOTES/$U1 ]] || fail "the note is left"
}
a_note_of_a_machine_that_is_starting_is_kept() {
  libvirt_works
  note $U1 kind=worker tap=c4d0110
  sweep
  [[ -e $NOTES/$U1 ]] || fail "the note is gone"
}
a_note_of_a_machine_that_runs_unknown_to_libvirt_is_kept() {
  libvirt_works
  note $U1 kind=worker tap=c4d0110
  touch -d '-5 minutes' "$NOTES/$U1"
  qemu $U1
  sweep
  [[ -e $NOTES/$U1 ]] || fail "the note is gone"
}
a_word_that_it_does_not_know_is_refused() {
  local words
  for words in "--margin" "--margin x" "--every 0" "--often 3"; do
    sweep $words
    same 2 $code
  done
}
under_a_supervisor_it_sweeps_again_and_again() {
  local tries
  libvirt_works
  "$PLUGINS/host/sweep" --every 1 3>&- &
  machine $U1 "kind='worker' endsAt='$((NOW - 100))'"
  for ((tries = 0; tries < 100; tries++)); do
    alive $U1 || break
    perl -e 'select(undef, undef, undef, 0.1)'
  done
  kill $!
  ended $U1
}

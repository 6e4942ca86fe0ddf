# shellcheck shell=bash disable=SC2016,SC2086,SC2154
# The Epilog: which machines it ends, how, and what it does when it cannot. virsh and scontrol are stand-ins.
# Where it is asked how long that took, less than the 45 s after which it gives up is looked for, whatever else the machine does.
COMMENT=cloister:1:1:2:1
WORKER="kind=worker project=1 lease=2 attempt=1 job=77 submit=1 endsAt=2 name=x tap=c1"

worker() { # worker UUID [KEY=VALUE…]: a running worker of job 77, or with other values
  local line note=()
  for line in $WORKER; do
    for change in "${@:2}"; do [[ $line != "${change%%=*}="* ]] || line=$change; done
    note+=("$line")
  done
  note "$1" "${note[@]}"
  qemu "$1"
}
# epilog [NAME=VALUE…]: sets code and took, with the environment that slurmd gives.
epilog() {
  local before=$SECONDS
  env -i SLURM_JOB_COMMENT=$COMMENT SLURM_JOB_ID=77 SLURMD_NODENAME=vmhost2 "$@" "$PLUGINS/host/epilog"
  code=$?
  took=$((SECONDS - before))
  same 0 $code
}
libvirt_works() { stand_in virsh <<<'[[ "$*" != *destroy* ]] || kill -9 $(qemu_of "${!#}")'; }
libvirt_fails() { stand_in virsh <<<'echo "error: failed to connect to the hypervisor" >&2; exit 1'; }
scontrol_works() { stand_in scontrol <<<':'; }
ended() { ! alive "$1" || fail "$1 is still there"; }
spared() { alive "$1" || fail "$1 was ended"; }

a_worker_that_outlived_its_placeholder_is_destroyed_through_libvirt() {
  libvirt_works
  scontrol_works
  worker $U1
  epilog
  ended $U1
  same "-q -c qemu:///system destroy $U1" "$(calls virsh)"
  same "" "$(calls scontrol)"
  holds "$(cat /var/log/cloister/host.log)" "$U1 is gone"
}
two_workers_of_a_placeholder_are_both_destroyed() {
  libvirt_works
  worker $U1
  worker $U2
  epilog
  ended $U1
  ended $U2
}
a_job_without_a_mark_is_left_alone() {
  local comment
  libvirt_works
  worker $U1
  for comment in "" "hello" "cloister:1:1:2" "cloister:1:01:2:1" "cloister:2:1:2:1" "xcloister:1:1:2:1"; do epilog "SLURM_JOB_COMMENT=$comment"; done
  spared $U1
  same "" "$(calls virsh)"
}
another_job_with_the_same_mark_is_left_alone() {
  libvirt_works
  worker $U1
  epilog SLURM_JOB_ID=78
  epilog SLURM_JOB_ID=
  spared $U1
}
another_projects_worker_is_left_alone() {
  libvirt_works
  worker $U1 project=2
  epilog
  spared $U1
}
another_leases_worker_is_left_alone() {
  libvirt_works
  worker $U1 lease=22
  epilog
  spared $U1
}
another_attempts_worker_is_left_alone() {
  libvirt_works
  worker $U1 attempt=2
  epilog
  spared $U1
}
a_cvm_is_left_alone() {
  libvirt_works
  worker $U1 kind=cvm
  epilog
  spared $U1
}
a_worker_that_libvirt_does_not_know_any_more_is_gone() {
  stand_in virsh <<<'echo "error: failed to get domain" >&2; exit 1'
  scontrol_works
  note $U1 $WORKER
  epilog
  same "" "$(calls scontrol)"
  ((took < 40)) || fail "it took $took s"
}
libvirt_that_is_dead_does_not_keep_a_worker_alive() {
  libvirt_fails
  scontrol_works
  worker $U1
  epilog
  ended $U1
  same "" "$(calls scontrol)"
  holds "$(cat /var/log/cloister/host.log)" "kill -9"
  ((took < 40)) || fail "it took $took s"
}
libvirt_that_hangs_does_not_keep_a_worker_alive() {
  stand_in virsh <<<'trap "" TERM; while :; do pause 100; done'
  scontrol_works
  worker $U1
  epilog
  ended $U1
  same "" "$(calls scontrol)"
  ((took < 40)) || fail "it took $took s"
}
libvirt_that_says_done_and_is_not_does_not_keep_a_worker_alive() {
  stand_in virsh <<<':'
  worker $U1
  epilog
  ended $U1
}
a_host_without_the_library_is_drained() {
  scontrol_works
  libvirt_works
  sed -i '/domains.sh/d' "$SCRATCH/bin/scontrol"
  mv /usr/lib/cloister/domains.sh /usr/lib/cloister/away
  epilog
  mv /usr/lib/cloister/away /usr/lib/cloister/domains.sh
  holds "$(calls scontrol)" "update nodename=vmhost2 state=drain reason=cloister: "
}
a_host_without_the_library_that_cannot_be_drained_fails_its_epilog() {
  stand_in scontrol <<<'exit 1'
  sed -i '/domains.sh/d' "$SCRATCH/bin/scontrol"
  mv /usr/lib/cloister/domains.sh /usr/lib/cloister/away
  env -i SLURM_JOB_COMMENT=$COMMENT SLURM_JOB_ID=77 SLURMD_NODENAME=vmhost2 "$PLUGINS/host/epilog"
  code=$?
  mv /usr/lib/cloister/away /usr/lib/cloister/domains.sh
  same 1 $code
}
pid_of() (
  # shellcheck source=../../../host/domains.sh
  . /usr/lib/cloister/domains.sh
  qemu_of "$1"
)
a_machine_that_ignores_its_shutdown_while_libvirt_is_dead_is_killed_at_once() {
  local before=$EPOCHREALTIME
  libvirt_fails
  scontrol_works
  worker $U1
  kill -TERM "$(pid_of $U1)"
  spared $U1
  epilog
  ended $U1
  same "" "$(calls scontrol)"
  ((${EPOCHREALTIME%.*} - ${before%.*} < 40)) || fail "it took until $EPOCHREALTIME from $before"
}

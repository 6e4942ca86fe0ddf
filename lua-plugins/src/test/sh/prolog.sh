# shellcheck shell=bash disable=SC2016,SC2086,SC2154
# prolog-slurmctld and epilog-slurmctld as Slurm runs them: without PATH, with its own environment. logger is a stand-in.
ETC=$SCRATCH/slurm GATE=$SCRATCH/gate
NAME=7.12.1.345.0

installed() { # installed [LINE]: in cloister.lua
  rm -rf "$ETC" "$GATE"
  mkdir -p "$ETC" "$GATE/asked" "$GATE/answers"
  cp "$PLUGINS"/global/cloister_*.lua "$PLUGINS"/global/*-slurmctld "$ETC"
  printf 'return { backend_uids = { 5000 }, partitions = { "sealed" }, gate_driver = "prolog", gate = "%s" %s }\n' "$GATE" "${1:-}" >"$ETC/cloister.lua"
  printf '%(%s)T\n' -1 >"$GATE/answers/heartbeat"
  stand_in logger <<<':'
}
slurmctld() { # slurmctld SCRIPT [NAME=VALUE…]: sets code and said
  said=$(cd / && env -i SLURM_JOB_COMMENT=cloister:1:7:12:1 SLURM_JOB_ID=345 SLURM_JOB_NODELIST='vmhost[1-2]' SLURM_JOB_PARTITION=sealed \
    SLURM_JOB_RESTART_COUNT=0 SLURM_JOB_UID=5000 "${@:2}" "$ETC/$1")
  code=$?
}
prolog() { slurmctld prolog-slurmctld "$@"; }
answer() { printf '%s\n' "$1" >"$GATE/answers/$NAME"; }
hidden() { # hidden COMMAND…: without any Lua interpreter
  local name
  for name in lua5.4 lua5.3 lua5.1 lua luajit; do
    if [[ -e /usr/bin/$name ]]; then mount --bind /dev/null "$(readlink -f /usr/bin/$name)" || fail "cannot hide $name"; fi
  done
  "$@"
  for name in lua5.4 lua5.3 lua5.1 lua luajit; do
    if [[ -e /usr/bin/$name ]]; then umount "$(readlink -f /usr/bin/$name)"; fi
  done
}

go_lets_a_placeholder_start() {
  installed
  answer "1 go ok vmhost[1-2]"
  prolog
  same 0 $code
  same "1 vmhost[1-2]" "$(cat "$GATE/asked/$NAME")"
}
every_lua_will_do() {
  local name
  for name in lua5.1 lua5.4; do
    installed
    answer "1 go ok vmhost[1-2]"
    stand_in lua5.4 <<<"exec /usr/bin/$name \"\$@\""
    prolog
    same 0 $code
    answer "1 refuse host vmhost[1-2]"
    prolog
    same 1 $code
    holds "$(calls lua5.4)" "ask"
  done
}
a_placeholder_waits_for_its_answer() {
  installed
  (
    until [[ -e $GATE/asked/$NAME ]]; do :; done
    printf '1 go ok vmhost[1-2]\n' >"$GATE/a.tmp"
    mv "$GATE/a.tmp" "$GATE/answers/$NAME"
  ) 3>&- &
  prolog
  same 0 $code
}
a_refusal_keeps_a_placeholder_and_is_logged() {
  installed
  answer "1 refuse host vmhost[1-2]"
  prolog
  same 1 $code
  holds "$said" "the backend refused: host"
  holds "$(calls logger)" "job 345: cloister: the backend refused: host"
}
a_silent_backend_keeps_a_placeholder() {
  installed
  rm "$GATE/answers/heartbeat"
  prolog
  same 1 $code
  holds "$(calls logger)" "has not been heard"
}
a_wait_has_a_limit_here_too() {
  installed ", gate_limit_seconds = 1"
  prolog
  same 1 $code
  holds "$said" "no answer in time"
}
a_strangers_job_starts_in_its_partition() {
  installed
  prolog SLURM_JOB_UID=1000 SLURM_JOB_PARTITION=open SLURM_JOB_COMMENT=
  same 0 $code
  prolog SLURM_JOB_UID=1000 SLURM_JOB_PARTITION=open
  same 0 $code
  same "" "$said$(calls logger)"
}
a_strangers_job_does_not_start_in_ours() {
  installed
  answer "1 go ok vmhost[1-2]"
  prolog SLURM_JOB_UID=1000
  same 1 $code
  holds "$said" "not a placeholder"
}
hostile_words_of_a_job_reach_no_shell() {
  local name
  installed
  for name in SLURM_JOB_COMMENT SLURM_JOB_ID SLURM_JOB_NODELIST SLURM_JOB_RESTART_COUNT SLURM_JOB_UID; do
    prolog "$name=\$(touch $SCRATCH/pwned);touch $SCRATCH/pwned'\"\`touch $SCRATCH/pwned\`"
    [[ ! -e $SCRATCH/pwned ]] || fail "$name was run"
  done
  prolog "LUA_INIT=os.execute('touch $SCRATCH/pwned')" "LUA_INIT_5_4=os.execute('touch $SCRATCH/pwned')" "BASH_FUNC_say%%=() { touch $SCRATCH/pwned; }"
  [[ ! -e $SCRATCH/pwned ]] || fail "the environment was run"
}
what_a_placeholder_asked_is_gone_after_its_end() {
  installed
  touch "$GATE/asked/$NAME" "$GATE/asked/7.12.1.3456.0"
  slurmctld epilog-slurmctld
  same 0 $code
  same "7.12.1.3456.0" "$(ls "$GATE/asked")"
}
a_strangers_end_leaves_what_was_asked() {
  installed
  touch "$GATE/asked/$NAME"
  slurmctld epilog-slurmctld SLURM_JOB_COMMENT=hello
  same 0 $code
  same "$NAME" "$(ls "$GATE/asked")"
}
a_host_without_lua_keeps_placeholders_and_nothing_else() {
  installed
  answer "1 go ok vmhost[1-2]"
  hidden prolog
  same 1 $code
  holds "$said" "no Lua interpreter"
  hidden prolog SLURM_JOB_COMMENT=hello
  same 0 $code
}
missing_and_broken_files_keep_placeholders_and_nothing_else() {
  local file way
  for file in cloister.lua cloister_config.lua cloister_prolog.lua cloister_gate.lua cloister_mark.lua; do
    for way in missing broken; do
      installed
      answer "1 go ok vmhost[1-2]"
      if [[ $way == missing ]]; then rm "$ETC/$file"; else echo 'return function(' >"$ETC/$file"; fi
      prolog
      same "1 $file $way" "$code $file $way"
      holds "$(calls logger)" "until an administrator mends"
      prolog SLURM_JOB_COMMENT=hello SLURM_JOB_UID=1000 SLURM_JOB_PARTITION=open
      same "0 $file $way" "$code $file $way"
    done
  done
}
an_unknown_argument_is_refused() {
  installed
  "$ETC/prolog-slurmctld" now >/dev/null 2>&1
  same 2 $?
}

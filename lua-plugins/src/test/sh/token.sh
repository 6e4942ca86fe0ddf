# shellcheck shell=bash disable=SC2016,SC2086,SC2154
# renew-token: whose token it fetches and how it leaves it. scontrol is a stand-in.
TOKEN=aaa.bbb-_1.ccc
FOLDER=/run/cloister-token
FILE=$FOLDER/slurm.token

scontrol_gives() { # scontrol_gives TEXT [SLURMUSER]
  printf '%s' "$1" >"$SCRATCH/meta/given"
  stand_in scontrol <<<"case \$1 in show) echo 'SlurmUser               = ${2:-slurm(64030)}' ;; token) cat \"\$SCRATCH/meta/given\"; ps -ww -eo args >\"\$SCRATCH/meta/ps\" ;; esac"
}
folder() {
  rm -rf $FOLDER
  install -d -m 0755 $FOLDER
}
renew() { # renew ARGUMENT…: sets code and said
  said=$("$PLUGINS/global/renew-token" "$@" 2>&1)
  code=$?
}
refused() { # refused WORDS: and the token that was there is left, and nothing beside it
  ((code != 0)) || fail "it was not refused"
  holds "$said" "$1"
  same "old" "$(cat $FILE)"
  same "slurm.token" "$(ls -A $FOLDER)"
}
standing() {
  folder
  echo old >$FILE
}

a_token_is_written_for_its_user_alone() {
  folder
  scontrol_gives "SLURM_JWT=$TOKEN"$'\n'
  renew nobody $FILE
  same "" "$said"
  same 0 $code
  same "$TOKEN" "$(cat $FILE)"
  same "nobody 400" "$(stat -c '%U %a' $FILE)"
  same "show config
token username=nobody lifespan=3600" "$(calls scontrol)"
  same "slurm.token" "$(ls -A $FOLDER)"
}
a_token_without_a_prefix_is_one() {
  folder
  scontrol_gives "$TOKEN"
  renew --lifespan 30 nobody $FILE
  same "$TOKEN" "$(cat $FILE)"
  holds "$(calls scontrol)" "lifespan=30"
}
a_new_token_replaces_the_old_one() {
  standing
  scontrol_gives "SLURM_JWT=$TOKEN"
  local before
  before=$(stat -c %i $FILE)
  renew nobody $FILE
  same "$TOKEN" "$(cat $FILE)"
  [[ $(stat -c %i $FILE) != "$before" ]] || fail "the old file was written over"
}
a_token_is_in_no_argument_and_no_message() {
  folder
  scontrol_gives "SLURM_JWT=$TOKEN"
  said=$(bash -x "$PLUGINS/global/renew-token" nobody $FILE 2>/dev/null)
  lacks "$(cat "$SCRATCH/meta/ps")$said" "bbb-_1"
  scontrol_gives "SLURM_JWT=secret word $TOKEN"
  renew nobody $FILE
  lacks "$said" secret
  lacks "$said" "bbb-_1"
}
no_program_is_called_with_the_token() {
  local name
  folder
  scontrol_gives "SLURM_JWT=$TOKEN"
  for name in id timeout dirname stat mktemp chmod chown mv rm; do stand_in $name <<<"PATH=/usr/bin:/bin:$SCRATCH/bin exec $(PATH=/usr/bin:/bin command -v $name) \"\$@\""; done
  renew nobody $FILE
  same 0 $code
  for name in id timeout dirname stat mktemp chmod chown mv rm; do lacks "$(calls $name)" "bbb-_1"; done
  holds "$(calls chown)" nobody
}
roots_token_is_refused() {
  standing
  scontrol_gives "SLURM_JWT=$TOKEN"
  renew root $FILE
  refused "the token of root is not for the backend"
  same "" "$(calls scontrol)"
}
slurm_users_token_is_refused_whatever_its_name() {
  standing
  scontrol_gives "SLURM_JWT=$TOKEN" "nobody($(id -u nobody))"
  renew nobody $FILE
  refused "the token of SlurmUser is not for the backend"
  lacks "$(calls scontrol)" "token username"
}
an_unknown_slurm_user_refuses() {
  standing
  scontrol_gives "SLURM_JWT=$TOKEN" "(null)"
  renew nobody $FILE
  refused "does not say who SlurmUser is"
}
an_unknown_user_is_refused() {
  standing
  scontrol_gives "SLURM_JWT=$TOKEN"
  renew no-such-user $FILE
  refused "there is no user no-such-user"
}
a_strange_user_is_refused() {
  local user
  standing
  scontrol_gives "SLURM_JWT=$TOKEN"
  for user in "" "nobody lifespan=9" "-u" $'nobody\n' "NOBODY" "../x"; do
    renew "$user" $FILE
    refused "not a user's name"
  done
}
strange_arguments_are_refused() {
  standing
  scontrol_gives "SLURM_JWT=$TOKEN"
  renew nobody
  refused usage
  same 2 $code
  renew --lifespan x nobody $FILE
  refused usage
  renew --lifespan 5 nobody $FILE
  refused "a token lives"
  renew --lifespan 86401 nobody $FILE
  refused "a token lives"
  renew nobody slurm.token
  refused "absolute path"
}
a_slurmctld_that_is_away_leaves_the_token() {
  standing
  stand_in scontrol <<<'echo "slurm_load_ctl_conf error: Unable to contact slurm controller" >&2; exit 1'
  renew nobody $FILE
  refused "slurmctld does not answer"
}
a_slurmctld_that_hangs_is_given_up() {
  standing
  sed 's/ LIMIT=20/ LIMIT=1/' "$PLUGINS/global/renew-token" >"$SCRATCH/renew"
  stand_in scontrol <<<'pause 100'
  said=$(bash "$SCRATCH/renew" nobody $FILE 2>&1)
  code=$?
  refused "slurmctld does not answer"
}
a_failing_scontrol_leaves_the_token() {
  standing
  stand_in scontrol <<<'case $1 in show) echo "SlurmUser = slurm(64030)" ;; *) echo "SLURM_JWT=aaa.bbb.ccc"; exit 1 ;; esac'
  renew nobody $FILE
  refused "scontrol gave no token"
}
what_is_no_token_leaves_the_token() {
  local text
  standing
  for text in "" $'\n' "SLURM_JWT=" "SLURM_JWT=aaa.bbb" "error: no" "SLURM_JWT=aaa.b b.ccc" $'warning\nSLURM_JWT=aaa.bbb.ccc'; do
    scontrol_gives "$text"
    renew nobody $FILE
    refused "is not a token"
  done
}
a_folder_that_others_may_write_is_refused() {
  local rights
  for rights in 0777 0775 1777; do
    standing
    chmod $rights $FOLDER
    scontrol_gives "SLURM_JWT=$TOKEN"
    renew nobody $FILE
    refused "must be root's and writable by nobody else"
  done
}
a_folder_of_the_users_is_refused() {
  standing
  chown nobody $FOLDER
  scontrol_gives "SLURM_JWT=$TOKEN"
  renew nobody $FILE
  refused "must be root's"
}
a_link_for_a_folder_is_refused() {
  standing
  ln -s $FOLDER /run/link
  scontrol_gives "SLURM_JWT=$TOKEN"
  renew nobody /run/link/slurm.token
  refused "is not a folder"
  rm /run/link
}
a_link_for_a_file_is_replaced_and_not_followed() {
  folder
  echo theirs >/run/theirs
  ln -s /run/theirs $FILE
  scontrol_gives "SLURM_JWT=$TOKEN"
  renew nobody $FILE
  same 0 $code
  same theirs "$(cat /run/theirs)"
  same "root 644" "$(stat -c '%U %a' /run/theirs)"
  [[ ! -L $FILE ]] || fail "the link is still there"
}

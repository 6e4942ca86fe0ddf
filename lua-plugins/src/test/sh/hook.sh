# shellcheck shell=bash disable=SC2016,SC2034,SC2086,SC2154
# The libvirt hook: which machines it takes, what it loads, and what the loaded rules let through. WORKER_RULES and CVM_RULES are the
# backend's own, and machine.xml is what libvirt 11.3 gave the hook for a worker of the backend's.
escaped() { sed 's/&/\&amp;/g; s/</\&lt;/g; s/>/\&gt;/g'; }
WORKER_RULES=$(escaped <"$PLUGINS/target/worker.rules")
CVM_RULES=$(escaped <"$PLUGINS/target/cvm.rules")
TEMPLATE=$(cat "$here/machine.xml")
XML=${TEMPLATE/@RULES@/"$WORKER_RULES"}
TABLE=vm_${U1//-/}
MARK_OF_WORKER="kind='worker' project='1' lease='2' worker='3' attempt='1' job='77' submit='1790000000' endsAt='1790003600'"

base() { nft -f "$PLUGINS/host/base.nft" || fail "base.nft does not load"; }
guarded() { nft list set bridge cloister guarded | tr -d '\n\t '; }
tables() { nft list tables | tr '\n' ' '; }

# start XML [NAME] [OPERATION SUB]: sets code and said.
start() {
  said=$("$HOOK" "${2:-cloister-p1-w2-3}" "${3:-start}" "${4:-begin}" - <<<"$1" 2>&1)
  code=$?
}
taken() {
  start "$@"
  [[ $code == 0 ]] || fail "refused: $said"
}
# refused WORDS XML [NAME] …: and nothing of it is left.
refused() {
  [[ $2 != "$XML" ]] || fail "the case changes nothing"
  start "${@:2}"
  same 1 "$code"
  holds "$said" "cloister: "
  holds "$said" "$1"
  same "table bridge cloister " "$(tables)"
  lacks "$(guarded)" c4d0110
  [[ ! -e $NOTES/$U1 ]] || fail "a note is left"
}
# replaced FROM TO WORDS: the worker's XML with one change is refused in these words.
replaced() {
  base
  refused "$3" "${XML/"$1"/"$2"}"
}
cvm_xml() {
  local xml=${TEMPLATE/@RULES@/"$CVM_RULES"}
  xml=${xml/"$MARK_OF_WORKER"/"kind='cvm' project='1'"}
  xml=${xml//cloister-p1-w2-3/cloister-p1-cvm}
  xml=${xml//52:54:0a:4d:01:10/52:54:0a:4d:01:0a}
  xml=${xml/$U1/$U2}
  printf '%s' "${xml/c4d0110/c4d010a}"
}

# ---- what is taken ----------------------------------------------------------------------------------------------------------
a_worker_of_the_template_is_taken_and_noted() {
  base
  taken "$XML"
  same "kind=worker project=1 lease=2 worker=3 attempt=1 job=77 submit=1790000000 endsAt=1790003600 name=cloister-p1-w2-3 tap=c4d0110 " "$(tr '\n' ' ' <$NOTES/$U1)"
  holds "$(guarded)" '"c4d0110"'
  holds "$(cat /var/log/cloister/host.log)" "rules loaded on c4d0110"
}
a_cvm_of_the_template_is_taken_and_noted() {
  base
  taken "$(cvm_xml)" cloister-p1-cvm
  same "kind=cvm project=1 name=cloister-p1-cvm tap=c4d010a " "$(tr '\n' ' ' <$NOTES/$U2)"
}
a_machine_under_kvm_is_taken() {
  base
  taken "${XML/type=\'qemu\'/type=\'kvm\'}"
}
# with_devices ADDRESS…: a host that has listed them, and what stands in for their files; then xml is a worker that gets them all.
with_devices() {
  local device address
  base
  sed -i "s#^DEVICES=.*#DEVICES=$SCRATCH/devices#; s#^PCI=.*#PCI=$SCRATCH/pci#" /usr/lib/cloister/domains.sh
  rm -rf "$SCRATCH/pci" "$SCRATCH/devices"
  xml=$XML
  for device in "$@"; do
    mkdir -p "$SCRATCH/pci/$device"
    : >"$SCRATCH/pci/$device/reset"
    echo "$device" >>"$SCRATCH/devices"
    address="domain='0x${device:0:4}' bus='0x${device:5:2}' slot='0x${device:8:2}' function='0x${device:11}'"
    xml=${xml/"<memballoon"/"<hostdev mode='subsystem' type='pci' managed='yes'><driver name='vfio'/><source><address $address/></source><alias name='hostdev0'/><address type='pci' domain='0x0000' bus='0x08' slot='0x00' function='0x0'/></hostdev><memballoon"}
  done
}
resets() { (cd "$SCRATCH/pci" && grep -lx 1 -- */reset | tr '\n' ' '); }
a_worker_with_a_place_on_its_host_is_taken() {
  local place="<memoryBacking><hugepages><page size='2048' unit='KiB'/></hugepages></memoryBacking><cputune><vcpupin vcpu='0' cpuset='1'/><emulatorpin cpuset='1,9'/></cputune><numatune><memory mode='strict' nodeset='0'/><memnode cellid='0' mode='strict' nodeset='0'/></numatune>"
  base
  taken "${XML/"<os>"/"$place<os>"}"
}
memory_from_a_file_is_refused() { replaced "<os>" "<memoryBacking><source type='file'/></memoryBacking><os>" "backed by more than huge pages"; }
devices_that_the_host_lists_are_reset_and_taken() {
  with_devices 0000:3b:00.0 0000:3b:00.1 0001:af:1f.7
  rm "$SCRATCH/pci/0000:3b:00.1/reset"
  taken "$xml"
  same "0000:3b:00.0/reset 0001:af:1f.7/reset " "$(resets)"
  holds "$(cat /var/log/cloister/host.log)" "reset 0001:af:1f.7"
}
a_device_in_use_is_not_reset_when_libvirtd_comes_back() {
  with_devices 0000:3b:00.0
  taken "$xml"
  : >"$SCRATCH/pci/0000:3b:00.0/reset"
  taken "$xml" cloister-p1-w2-3 reconnect begin
  same "" "$(resets)"
}
a_device_that_the_host_does_not_list_is_refused() {
  with_devices 0000:3b:00.0
  echo 0000:3b:00.00 >"$SCRATCH/devices"
  refused "0000:3b:00.0 is not among those" "$xml"
  rm "$SCRATCH/devices"
  refused "0000:3b:00.0 is not among those" "$xml"
  same "" "$(resets)"
}
a_device_that_cannot_be_reset_is_refused() {
  with_devices 0000:3b:00.0 0000:5e:00.0
  rm "$SCRATCH/pci/0000:5e:00.0/reset"
  refused "0000:5e:00 cannot be reset" "$xml"
  same "" "$(resets)"
  mkdir "$SCRATCH/pci/0000:5e:00.0/reset"
  refused "0000:5e:00.0 did not let itself be reset" "$xml"
}
other_devices_of_the_host_are_refused() {
  with_devices 0000:3b:00.0
  refused "not a PCI device that libvirt takes" "${xml/"managed='yes'"/"managed='no'"}"
  refused "not a PCI device that libvirt takes" "${xml/"type='pci' managed"/"type='usb' managed"}"
  refused "not a PCI device that libvirt takes" "${xml/"<source><address domain='0x0000' bus='0x3b' slot='0x00' function='0x0'/>"/"<source>"}"
  refused "more to it than the template" "${xml/"<driver name='vfio'/>"/"<driver name='xen'/>"}"
  refused "more to it than the template" "${xml/"<driver name='vfio'/>"/"<rom file='/etc/shadow'/>"}"
  refused "address of a device of the host cannot be read" "${xml/"bus='0x3b'"/"bus='0x3b/../..'"}"
  refused "address of a device of the host cannot be read" "${xml/"bus='0x3b'"/"bus='59'"}"
  same "" "$(resets)"
}
a_cvm_has_no_device_of_its_host() {
  with_devices 0000:3b:00.0
  XML=$xml
  TEMPLATE=${TEMPLATE/"<memballoon"/"<hostdev mode='subsystem' type='pci' managed='yes'><source><address domain='0x0000' bus='0x3b' slot='0x00' function='0x0'/></source></hostdev><memballoon"}
  refused "a CVM has no device" "$(cvm_xml)" cloister-p1-cvm
}
the_rules_are_in_place_in_both_directions() {
  local rules
  base
  taken "$XML"
  rules=$(nft list table bridge "$TABLE" | tr -s '\n\t ' ' ')
  holds "$rules" 'chain entering { type filter hook prerouting priority dstnat;'
  holds "$rules" 'iifname "c4d0110" ether saddr != 52:54:0a:4d:01:10'
  holds "$rules" 'iifname "c4d0110" goto from_vm'
  holds "$rules" 'chain crossing { type filter hook forward priority -10;'
  holds "$rules" 'oifname "c4d0110" goto to_vm'
  holds "$rules" 'chain to_host { type filter hook input'
  holds "$rules" 'chain from_host { type filter hook output'
  [[ $rules =~ chain\ to_vm\ \{[^{]*(\{[^}]*\}[^{}]*)*drop\ \} ]] || fail "to_vm does not end in a drop"
  [[ $rules =~ chain\ from_vm\ \{[^{]*(\{[^}]*\}[^{}]*)*drop\ \} ]] || fail "from_vm does not end in a drop"
}
a_machine_that_is_gone_leaves_nothing() {
  base
  taken "$XML"
  taken "$XML" cloister-p1-w2-3 release end
  same "table bridge cloister " "$(tables)"
  lacks "$(guarded)" c4d0110
  [[ ! -e $NOTES/$U1 ]] || fail "the note is left"
}
a_release_of_one_machine_leaves_the_other() {
  base
  taken "$XML"
  taken "$(cvm_xml)" cloister-p1-cvm
  taken "$XML" cloister-p1-w2-3 release end
  same "table bridge cloister table bridge vm_${U2//-/} " "$(tables)"
  holds "$(guarded)" c4d010a
  [[ -e $NOTES/$U2 ]] || fail "the other's note is gone"
}
a_release_of_a_refused_start_touches_nothing() {
  base
  taken "$XML"
  taken "${XML/$U1/$U2}" cloister-p1-w2-3 release end
  holds "$(guarded)" c4d0110
}
a_restarted_libvirtd_loads_the_rules_again() {
  base
  taken "$XML"
  nft flush chain bridge "$TABLE" from_vm
  taken "$XML" cloister-p1-w2-3 reconnect begin
  holds "$(nft list chain bridge "$TABLE" from_vm)" "10.77.1.16"
}
a_reconnect_that_is_refused_leaves_the_standing_rules() {
  base
  taken "$XML"
  start "${XML/ip daddr 10.77.1.0\/24 udp/ip daddr 10.77.1.0\/99 udp}" cloister-p1-w2-3 reconnect begin
  same 1 "$code"
  holds "$(guarded)" c4d0110
  [[ -e $NOTES/$U1 ]] || fail "the note is gone"
}
the_base_may_be_loaded_again_under_running_machines() {
  base
  taken "$XML"
  base
  holds "$(guarded)" c4d0110
  same 2 "$(nft list chain bridge cloister forward | grep -c counter)"
}
other_operations_are_none_of_its_business() {
  local operation
  base
  for operation in "prepare begin" "started begin" "stopped end"; do
    # shellcheck disable=SC2086
    taken "<nonsense>" some-machine $operation
  done
  same "table bridge cloister " "$(tables)"
}
no_machine_comes_by_migration_or_from_a_file() {
  local operation
  base
  for operation in migrate restore attach; do refused "does not come to this host by $operation" "$XML " cloister-p1-w2-3 "$operation" begin; done
}
a_tap_of_a_running_machine_is_not_taken_over() {
  base
  note $U2 kind=worker tap=c4d0110
  qemu $U2
  refused "the tap c4d0110 belongs to the running machine $U2" "$XML "
  [[ -e $NOTES/$U2 ]] || fail "the other's note is gone"
}
a_tap_of_a_machine_that_is_gone_is_free() {
  base
  note $U2 kind=worker tap=c4d0110
  taken "$XML"
  holds "$(guarded)" c4d0110
  [[ ! -e $NOTES/$U2 ]] || fail "the left-over note is still there"
}

# ---- what is refused --------------------------------------------------------------------------------------------------------
a_host_without_its_base_rules_starts_nothing() {
  start "$XML"
  same 1 "$code"
  holds "$said" "the ruleset does not load"
  same "" "$(tables)"
}
a_host_without_the_library_starts_nothing() {
  base
  mv /usr/lib/cloister/domains.sh /usr/lib/cloister/away
  start "$XML"
  mv /usr/lib/cloister/away /usr/lib/cloister/domains.sh
  same 1 "$code"
  holds "$said" "/usr/lib/cloister/domains.sh is missing"
  same "table bridge cloister " "$(tables)"
}
what_is_no_xml_is_refused() { base; refused "the machine has no uuid" "no XML"; }
what_is_too_large_is_refused() { base; refused "the XML is larger than" "$(head -c 1100000 /dev/zero | tr '\0' ' ')$XML"; }
a_uuid_that_is_none_is_refused() { replaced "<uuid>$U1" "<uuid>../$U2" "the machine has no uuid"; }
another_type_of_machine_is_refused() { replaced "type='qemu' id" "type='lxc' id" "neither qemu nor kvm"; }
a_qemu_command_line_is_refused() { replaced "<vcpu" "<q:commandline xmlns:q='http://libvirt.org/schemas/domain/qemu/1.0'><q:arg value='-snapshot'/></q:commandline><vcpu" "an element that the template does not have"; }
another_element_is_refused() { replaced "<vcpu" "<title>t</title><vcpu" "an element that the template does not have"; }
a_hostdev_is_refused() { replaced "<watchdog" "<hostdev mode='subsystem' type='pci'/><watchdog" "not a PCI device that libvirt takes and gives back"; }
a_shared_folder_is_refused() { replaced "<watchdog" "<filesystem type='mount'><source dir='/'/><target dir='x'/></filesystem><watchdog" "a kind of device that the template does not have"; }
a_screen_is_refused() { replaced "<watchdog" "<graphics type='vnc'/><watchdog" "a kind of device that the template does not have"; }
another_emulator_is_refused() { replaced "/usr/bin/qemu-system-x86_64" "/tmp/qemu" "not the distribution's QEMU"; }
a_firmware_file_is_refused() { replaced "<boot dev" "<loader>/x</loader><boot dev" "the os section is not the template's"; }
a_kernel_from_elsewhere_is_refused() { replaced "<kernel>/var/lib/cloister/images/" "<kernel>/boot/" "kernel and initrd do not come from"; }
an_initrd_from_elsewhere_is_refused() { replaced "images/initrd.img" "images/../volumes/initrd.img" "kernel and initrd do not come from"; }
two_interfaces_are_refused() { replaced "<watchdog" "<interface type='user'/><watchdog" "want exactly one interface"; }
no_interface_is_refused() { base; refused "want exactly one interface" "$(sed '/<interface/,/<\/interface>/d' <<<"$XML")"; }
an_interface_on_another_bridge_is_refused() { replaced "bridge='vmbr0'" "bridge='docker0'" "not a bridge interface on vmbr0"; }
an_interface_that_is_no_bridge_is_refused() { replaced "<interface type='bridge'" "<interface type='direct'" "not a bridge interface on vmbr0"; }
an_interface_with_a_filter_is_refused() { replaced "<mtu size" "<filterref filter='x'/><mtu size" "the interface has more to it"; }
an_interface_of_another_model_is_refused() { replaced "<model type='virtio'/>" "<model type='e1000'/>" "the interface is not virtio"; }
a_tap_without_a_name_is_refused() { replaced "<target dev='c4d0110'/>" "" "the tap's name is missing"; }
a_tap_of_libvirts_own_name_is_refused() { replaced "dev='c4d0110'" "dev='vnet0'" "the tap's name is missing"; }
a_tap_with_a_long_name_is_refused() { replaced "dev='c4d0110'" "dev='c4d0110c4d0110c4'" "the tap's name is missing"; }
a_tap_with_a_strange_name_is_refused() { replaced "dev='c4d0110'" "dev='c4d\" drop'" "the tap's name is missing"; }
a_missing_mac_is_refused() { replaced "<mac address='52:54:0a:4d:01:10'/>" "" "the MAC address is missing"; }
a_mac_of_another_maker_is_refused() { replaced "<mac address='52:54:0a" "<mac address='00:16:3e" "the MAC address is missing"; }
no_disk_is_refused() { base; refused "want at least one disk" "$(sed '/<disk/,/<\/disk>/d' <<<"$XML")"; }
a_disk_of_another_folder_is_refused() { replaced "/var/lib/cloister/volumes/cloister" "/etc/cloister" "a disk lies outside"; }
a_disk_that_climbs_is_refused() { replaced "/volumes/cloister-p1" "/volumes/../x" "a disk lies outside"; }
a_disk_that_is_a_device_is_refused() { replaced "<disk type='file'" "<disk type='block'" "not a raw virtio disk"; }
a_disk_with_a_format_that_names_files_is_refused() { replaced "type='raw' discard" "type='qcow2' discard" "not a raw virtio disk"; }
a_disk_with_a_file_behind_it_is_refused() { replaced "<backingStore/>" "<backingStore type='file'><source file='/etc/shadow'/></backingStore>" "a disk has more to it"; }
a_cdrom_is_refused() { replaced "device='disk'" "device='cdrom'" "not a raw virtio disk"; }
an_image_that_can_be_written_is_refused() { replaced "<readonly/>" "" "an image is not read-only"; }
a_mirrored_disk_is_refused() { replaced "<readonly/>" "<readonly/><mirror/>" "a disk has more to it"; }
another_channel_is_refused() { replaced "<watchdog" "<channel type='unix'><source mode='bind'/><target type='virtio' name='org.qemu.guest_agent.0'/></channel><watchdog" "want exactly one channel"; }
a_channel_of_another_name_is_refused() { replaced "name='org.cloister.boot'" "name='org.other'" "want exactly one channel"; }
a_channel_that_connects_is_refused() { replaced "source mode='bind'" "source mode='connect'" "want exactly one channel"; }
a_channel_to_another_socket_is_refused() { replaced "path='/run/libvirt/qemu/channel/" "path='/run/" "the channel's socket is not libvirt's"; }
a_console_to_another_file_is_refused() { replaced "<source path='/var/log/cloister/" "<source path='/etc/" "a console writes elsewhere"; }
a_console_that_listens_is_refused() { replaced "<serial type='file'" "<serial type='tcp'" "a console writes elsewhere"; }
a_console_that_is_logged_elsewhere_is_refused() { replaced "<target type='isa-serial'" "<log file='/etc/x'/><target type='isa-serial'" "a console writes elsewhere"; }
another_source_of_randomness_is_refused() { replaced "/dev/urandom" "/dev/zero" "the random generator is not the host's"; }
an_audio_device_is_refused() { replaced "type='none'/>" "type='alsa'/>" "there is an audio device"; }
a_machine_without_a_mark_is_refused() { base; refused "want exactly one mark" "$(sed '/<metadata>/,/<\/metadata>/d' <<<"$XML")"; }
a_mark_of_another_namespace_is_refused() { replaced "urn:cloister:domain:1" "urn:cloister:domain:2" "want exactly one mark"; }
two_marks_are_refused() { replaced "<metadata>" "<metadata><c:domain xmlns:c='urn:cloister:domain:1'/>" "want exactly one mark"; }
a_mark_with_another_attribute_is_refused() { replaced "lease='2'" "lease='2' note='x'" "an attribute that it does not have"; }
a_mark_with_more_than_rules_is_refused() { replaced "<c:rules>" "<c:more/><c:rules>" "more to it than its rules"; }
a_mark_of_another_kind_is_refused() { replaced "kind='worker'" "kind='guest'" "neither cvm nor worker"; }
a_project_that_is_no_number_is_refused() { replaced "project='1'" "project='1a'" "project is not a number"; }
a_lease_of_zero_is_refused() { replaced "lease='2'" "lease='0'" "lease is not a number"; }
a_worker_with_a_leading_zero_is_refused() { replaced "worker='3'" "worker='03'" "worker is not a number"; }
an_attempt_that_is_missing_is_refused() { replaced " attempt='1'" "" "attempt is not a number"; }
a_job_that_is_too_large_is_refused() { replaced "job='77'" "job='2147483648'" "job is not a number"; }
a_submit_time_of_text_is_refused() { replaced "submit='1790000000'" "submit='today'" "submit is not a number"; }
a_worker_without_an_end_is_refused() { replaced " endsAt='1790003600'" "" "endsAt is not a number"; }
a_worker_of_another_name_is_refused() { base; refused "the machine's name is not cloister-p1-w2-3" "${XML/<name>cloister-p1-w2-3/<name>cloister-p1-w2-4}" cloister-p1-w2-4; }
a_cvm_with_an_end_is_refused() {
  local xml
  base
  xml=$(cvm_xml)
  refused "a CVM has no endsAt" "${xml/kind=\'cvm\' project=\'1\'/kind=\'cvm\' project=\'1\' endsAt=\'1790003600\'}" cloister-p1-cvm
}
the_xml_of_another_machine_is_refused() { base; refused "the XML is of another machine" "$XML " cloister-p1-w2-4; }

# ---- the ruleset ------------------------------------------------------------------------------------------------------------
# ruled RULE WORDS
ruled() {
  base
  refused "$2" "${TEMPLATE/@RULES@/"$1"}"
}
a_machine_without_rules_is_refused() { ruled "" "there is no ruleset"; }
rules_that_do_not_load_are_refused_in_nfts_words() { ruled "add rule bridge @TABLE@ to_vm ip daddr 10.77.1.16 frobnicate" "the ruleset does not load: /dev/stdin"; }
another_statement_is_refused() { ruled "flush ruleset" "rule 1 is not an 'add rule"; }
another_statement_after_a_good_one_is_refused() { ruled "$WORKER_RULES"$'\n'"delete table bridge cloister" "is not an 'add rule"; }
another_table_is_refused() { ruled "add rule bridge cloister to_vm accept" "rule 1 is not an 'add rule"; }
another_family_is_refused() { ruled "add rule inet @TABLE@ to_vm accept" "rule 1 is not an 'add rule"; }
another_chain_is_refused() { ruled "add rule bridge @TABLE@ to_host accept" "rule 1 is not an 'add rule"; }
a_second_statement_on_the_line_is_refused() { ruled "add rule bridge @TABLE@ to_vm accept; flush ruleset" "rule 1 is not an 'add rule"; }
a_comment_that_hides_is_refused() { ruled "add rule bridge @TABLE@ to_vm accept # x" "rule 1 is not an 'add rule"; }
a_continued_line_is_refused() { ruled $'add rule bridge @TABLE@ to_vm \\\naccept' "rule 1 is not an 'add rule"; }
a_jump_is_refused() { ruled "add rule bridge @TABLE@ to_vm jump from_vm" "rule 1 does more than match"; }
a_log_is_refused() { ruled "add rule bridge @TABLE@ to_vm log accept" "rule 1 does more than match"; }
a_rewriting_rule_is_refused() { ruled "add rule bridge @TABLE@ to_vm ether saddr set 52:54:00:00:00:01 accept" "rule 1 does more than match"; }
another_set_is_refused() { ruled "add rule bridge @TABLE@ to_vm iifname @guarded accept" "rule 1 names something other"; }
another_port_is_refused() { ruled 'add rule bridge @TABLE@ to_vm iifname "vx42" accept' "rule 1 names something other"; }
its_own_tap_may_be_named() {
  base
  taken "${TEMPLATE/@RULES@/add rule bridge @TABLE@ from_vm iifname \"@TAP@\" counter accept}"
}
a_host_name_is_refused() { ruled "add rule bridge @TABLE@ to_vm ip saddr host.example accept" "a name where an address belongs"; }
a_flood_of_rules_is_refused() { ruled "$(yes 'add rule bridge @TABLE@ to_vm counter accept' | head -501)" "more than 500 rules"; }

# ---- packets ----------------------------------------------------------------------------------------------------------------
# Two machines on one bridge, each a network namespace on a veth whose host end bears the tap's name.
vm() { # vm NAME TAP MAC ADDRESS
  ip netns add "$1"
  ip link add "$2" type veth peer name eth0 netns "$1"
  ip link set "$2" master vmbr0 up
  ip -n "$1" link set lo up
  ip -n "$1" link set eth0 address "$3" up
  ip -n "$1" addr add "$4/24" dev eth0
}
bridge_up() {
  ip link show vmbr0 >/dev/null 2>&1 || ip link add vmbr0 type bridge stp_state 0 forward_delay 0
  ip link set vmbr0 up
  # A namespace takes its time to go; its link goes at once.
  ip link del c4d010a 2>/dev/null
  ip link del c4d0110 2>/dev/null
  ip netns del cvm 2>/dev/null
  ip netns del worker 2>/dev/null
  vm cvm c4d010a 52:54:0a:4d:01:0a 10.77.1.10
  vm worker c4d0110 52:54:0a:4d:01:10 10.77.1.16
}
both() {
  base
  bridge_up
  taken "$XML"
  taken "$(cvm_xml)" cloister-p1-cvm
}
# reaches FROM TO_NAME ADDRESS PROTOCOL PORT: whether one message arrives within a second.
reaches() {
  local listener tries
  rm -f "$SCRATCH/ready" "$SCRATCH/heard"
  ip netns exec "$2" perl -MIO::Socket::INET -e 'my ($proto, $port, $ready, $heard) = @ARGV; alarm 3;
    my $s = IO::Socket::INET->new(LocalPort => $port, Proto => $proto, ($proto eq "tcp" ? (Listen => 1, ReuseAddr => 1) : ())) or die $!;
    open(my $r, ">", $ready); close $r; my $m;
    if ($proto eq "tcp") { my $c = $s->accept or die; $c->sysread($m, 16) } else { $s->recv($m, 16) }
    open(my $h, ">", $heard) if $m;' "$4" "$5" "$SCRATCH/ready" "$SCRATCH/heard" 3>&- &
  listener=$!
  until [[ -e $SCRATCH/ready ]]; do kill -0 $listener || fail "no listener on port $5"; done
  ip netns exec "$1" perl -MIO::Socket::INET -e 'my ($proto, $host, $port) = @ARGV; alarm 2;
    my $s = IO::Socket::INET->new(PeerAddr => $host, PeerPort => $port, Proto => $proto, Timeout => 1, ($proto eq "udp" ? (LocalPort => $port) : ())) or exit 1; $s->syswrite("hello");' "$4" "$3" "$5"
  for ((tries = 0; tries < 10; tries++)); do
    [[ ! -e $SCRATCH/heard ]] || break
    perl -e 'select(undef, undef, undef, 0.05)'
  done
  kill $listener 2>/dev/null
  wait $listener 2>/dev/null
  [[ -e $SCRATCH/heard ]]
}
frames_of_the_contract_pass_between_cvm_and_worker() {
  both
  reaches cvm worker 10.77.1.16 tcp 22 || fail "the CVM does not reach the worker's port 22"
  reaches cvm worker 10.77.1.16 udp 4500 || fail "IKE does not reach the worker"
  reaches worker cvm 10.77.1.10 udp 500 || fail "IKE does not reach the CVM"
}
frames_outside_the_contract_do_not_pass() {
  both
  ! reaches cvm worker 10.77.1.16 tcp 23 || fail "the CVM reaches another port"
  ! reaches worker cvm 10.77.1.10 tcp 22 || fail "the worker reaches the CVM's port 22"
  ! reaches worker cvm 10.77.1.10 udp 53 || fail "the worker reaches another UDP port"
}
a_machine_without_rules_reaches_nobody() {
  both
  taken "$XML" cloister-p1-w2-3 release end
  ! reaches worker cvm 10.77.1.10 udp 500 || fail "a tap that is not guarded passes packets"
  ! reaches cvm worker 10.77.1.16 udp 500 || fail "packets reach a tap that is not guarded"
}
a_stolen_address_passes_nothing() {
  both
  ip -n worker addr add 10.77.1.17/24 dev eth0
  ip -n worker addr del 10.77.1.16/24 dev eth0
  ! reaches worker cvm 10.77.1.10 udp 500 || fail "another IP address passes"
}
a_stolen_mac_is_not_even_learnt_by_the_bridge() {
  both
  reaches cvm worker 10.77.1.16 udp 500 || fail "the CVM does not reach the worker"
  ip -n worker link set eth0 address 52:54:0a:4d:01:0a
  ! reaches worker cvm 10.77.1.10 udp 500 || fail "another MAC passes"
  holds "$(bridge fdb show br vmbr0 | grep 52:54:0a:4d:01:0a)" "dev c4d010a"
  lacks "$(bridge fdb show br vmbr0 | grep 52:54:0a:4d:01:0a)" "dev c4d0110"
}

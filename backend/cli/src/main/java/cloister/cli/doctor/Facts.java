package cloister.cli.doctor;

import cloister.cli.doctor.Commands.Output;
import cloister.cli.doctor.Disk.Entry;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * All that was seen, at one time. Judgements are made of this and of nothing else.
 *
 * @param now this machine's clock
 * @param folder where slurm.conf and the plugins are
 * @param backend what the backend's configuration says of Slurm
 * @param site {@code cloister.lua}
 * @param siteEntry whose that file is
 * @param controller {@code scontrol show config}: what slurmctld runs with
 * @param controllerTime slurmctld's clock when it answered
 * @param accounting slurmdbd's part of {@code sacctmgr show configuration}
 * @param storedPrivacy {@code PrivateData} in slurmdbd.conf; nothing where that file is not on this machine
 * @param burstBuffer {@code scontrol show burstbuffer}
 * @param nodes {@code scontrol show node}
 * @param partitions {@code scontrol show partition}
 * @param installed versions of the programs on this machine
 * @param users the backend's user and SlurmUser, by these two names
 * @param level the backend's user's rights in the accounting
 * @param plugins the Lua files, by name
 * @param probe how Slurm takes a test submit of root, which is never queued
 * @param resolved for each node's address whether it resolves
 * @param gate the gate's folder
 * @param token the backend's token
 */
record Facts(
        Instant now,
        String folder,
        Known<BackendFile> backend,
        Known<SiteFile> site,
        Known<Optional<Entry>> siteEntry,
        Known<Settings> controller,
        Known<Instant> controllerTime,
        Known<Settings> accounting,
        Known<Optional<Set<String>>> storedPrivacy,
        Known<Settings> burstBuffer,
        Known<List<Settings>> nodes,
        Known<List<Settings>> partitions,
        Map<String, Known<String>> installed,
        Map<String, Known<Account>> users,
        Known<String> level,
        Map<String, Plugin> plugins,
        Known<Output> probe,
        Known<Map<String, Known<Boolean>>> resolved,
        Gate gate,
        TokenFile token) {
    static final String BACKEND_USER = "backend";
    static final String SLURM_USER = "slurm";

    /** A user of this machine. */
    record Account(String name, long uid, Set<Long> groups) {}

    /**
     * One Lua file.
     *
     * @param shipped its text as it came with this command
     * @param parses whether {@code luac} takes it; unseen without a luac
     */
    record Plugin(
            String shipped,
            Known<Optional<Entry>> entry,
            Known<Optional<String>> text,
            Known<Optional<String>> parses) {}

    /** The gate's folder, as {@code cloister.lua} names it. */
    record Gate(
            Known<String> path,
            Known<Optional<Entry>> folder,
            Known<Optional<Entry>> asked,
            Known<Optional<Entry>> answers,
            Known<Optional<String>> heartbeat) {}

    /** The backend's token file. */
    record TokenFile(Known<Optional<Entry>> entry, Known<Token> token) {}

    Facts {
        installed = Map.copyOf(installed);
        users = Map.copyOf(users);
        plugins = Map.copyOf(plugins);
    }

    Known<Account> user(String which) {
        return users.getOrDefault(which, Known.unseen("that user was not looked up"));
    }

    /** The partition that the placeholders go to. */
    Known<Settings> ourPartition() {
        return backend.then(ours -> partitions.then(all -> all.stream()
                .filter(partition -> partition.is("PartitionName", ours.partition()))
                .findFirst()
                .map(Known::seen)
                .orElseGet(() -> Known.unseen("there is no partition " + ours.partition()
                        + ", to which the backend's configuration sends placeholders"))));
    }

    /** The VM hosts: the nodes of that partition. */
    Known<List<Settings>> ourNodes() {
        return ourPartition()
                .then(partition -> nodes.map(all -> all.stream()
                        .filter(node -> node.parts("Partitions")
                                .contains(partition.get("PartitionName").orElse("")))
                        .toList()));
    }
}
